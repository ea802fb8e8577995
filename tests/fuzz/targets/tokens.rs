//! Claims of tokens: the user, and how long the token is valid.
#![no_main]

use libfuzzer_sys::fuzz_target;
use workflow_db::time::Moment;
use workflow_db::token::{life_left_ms, Subject};
use workflow_db_fuzz::{AnyJson, Json};

fuzz_target!(|input: (Option<AnyJson>, Option<AnyJson>, u32)| {
    let (first, second, now_s) = input;
    let claims = [first, second].map(|claims| claims.map(|AnyJson(claims)| Json::from(claims)));
    let subjects = [0, 1].map(|index| Subject::of(["one", "two"][index], claims[index].as_ref()));
    for subject in &subjects {
        assert!(subject.is_same_user(subject) && subject.has_same_rights(subject));
    }
    let [own, other] = &subjects;
    assert_eq!(own.is_same_user(other), other.is_same_user(own));
    assert_eq!(own.has_same_rights(other), other.has_same_rights(own));
    // Two different users with the same rights would share a cache.
    assert!(!own.has_same_rights(other) || own.is_same_user(other));
    if own.is_same_user(other) {
        assert_eq!(own.id(), other.id());
    }
    let wall_ms = f64::from(now_s) * 1_000.0;
    for claims in claims.iter().flatten() {
        if let Some(left_ms) = life_left_ms(claims, Moment { monotonic_ms: 0.0, wall_ms }) {
            assert!(!left_ms.is_nan());
        }
    }
});
