//! Timestamps of rows and arguments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cmp::Ordering;
use workflow_db::time::timestamp::{compare, next_day, normalize};

fuzz_target!(|input: (&str, &str)| {
    let (first, second) = input;
    if let Some(normal) = normalize(first) {
        assert_eq!(normalize(&normal).as_ref(), Some(&normal), "normalizing twice changes nothing");
        assert_eq!(compare(&normal, &normal), Some(Ordering::Equal));
        if let Some(next) = next_day(first) {
            assert_eq!(normalize(&next).as_ref(), Some(&next));
        }
        if let Some(other) = normalize(second) {
            let order = compare(&normal, &other);
            assert!(order.is_some(), "normal forms are comparable");
            assert_eq!(order, compare(&other, &normal).map(Ordering::reverse));
            assert_eq!(order == Some(Ordering::Equal), normal == other);
        }
    }
    assert_eq!(compare(first, second), compare(second, first).map(Ordering::reverse));
});
