//! The change log: which records a request sees, and when old ones are removed.

use super::{gone, heard, row};
use crate::support::Json;
use serde_json::{json, Value};
use workflow_db::engine::log::{ChangeLog, Place, Record};
use workflow_db::tables::{API_KEYS, WORKFLOWS};

/// Pushes this many records, while a request that was sent at `oldest` is in flight.
fn push(log: &mut ChangeLog, count: usize, oldest: Place) {
    for _ in 0..count {
        log.push(heard(&WORKFLOWS, "a"), oldest);
    }
}

fn number_since(log: &ChangeLog, asked: Place) -> Option<usize> {
    log.heard_since(asked).map(|rows| rows.len())
}

#[test]
fn a_request_sees_the_records_since_it_was_sent() {
    let mut log = ChangeLog::default();
    let first = log.place();
    log.push(heard(&WORKFLOWS, "a"), first);
    let second = log.place();
    log.push(Record::Everything, first);
    log.push(heard(&API_KEYS, "b"), first);
    assert!(first < second);
    let ids = |asked| -> Vec<String> {
        log.heard_since(asked).expect("all records").into_iter().map(|(_, id)| id).collect()
    };
    assert_eq!(ids(first), ["a", "b"]);
    assert_eq!(ids(second), ["b"]);
    let of_a = first + 1;
    assert_eq!(ids(of_a), ["b"]);
    assert!(log.has_since(second, |record| matches!(record, Record::Everything)));
    assert!(!log.has_since(second, |record| matches!(record, Record::Heard { id, .. } if id == "a")));
}

#[test]
fn records_that_no_request_needs_are_removed_in_batches() {
    let mut log = ChangeLog::default();
    push(&mut log, 64, 0);
    let last = log.place() - 1;
    let mut all_needed = ChangeLog::default();
    push(&mut all_needed, 65, 0);
    push(&mut log, 1, last);
    assert_eq!(number_since(&log, 0), Some(1));
    // With 64 records it was full, and will be with twice as many.
    let last = all_needed.place();
    push(&mut all_needed, 63, last);
    assert_eq!(number_since(&all_needed, 0), Some(128));
    push(&mut all_needed, 1, last);
    assert_eq!(number_since(&all_needed, 0), Some(64));
}

#[test]
fn a_full_log_keeps_its_newer_half_for_a_request_that_never_ends() {
    let mut log = ChangeLog::default();
    let oldest = log.place();
    // It doubles up to here. It is full with 50 000 records, of which 25 000 follow.
    push(&mut log, 32_768, oldest);
    assert_eq!(number_since(&log, oldest), Some(32_768));
    let just_before = log.place() - 1;
    let at_half = log.place();
    push(&mut log, 25_000, oldest);
    // The first 7 768 were removed on the way.
    assert_eq!(number_since(&log, just_before - 10_000), Some(35_000));
    push(&mut log, 1, oldest);
    assert_eq!(number_since(&log, at_half), Some(25_001));
    assert_eq!(number_since(&log, just_before), Some(25_001));
    for overtaken in [oldest, just_before - 1] {
        assert_eq!(number_since(&log, overtaken), None);
        assert!(log.has_since(overtaken, |_| false), "a request that is too old counts as overtaken");
    }
    assert!(!log.has_since(just_before, |_| false));
}

#[test]
fn half_of_a_full_log_is_not_too_much() {
    let mut log = ChangeLog::default();
    let oldest = log.place();
    push(&mut log, 16_384 - 12_500, oldest);
    let later = log.place();
    push(&mut log, 12_500, oldest);
    // Now it is full: all but 12 500 records are removed, and it is full again with twice as many.
    push(&mut log, 12_500, later);
    push(&mut log, 1, later);
    assert_eq!(number_since(&log, later), Some(25_001));
}

#[test]
fn a_full_log_of_mostly_old_records_loses_only_those() {
    let mut log = ChangeLog::default();
    push(&mut log, 10_000, 0);
    let oldest = log.place();
    push(&mut log, 6_384, 0);
    push(&mut log, 1, oldest);
    assert_eq!(number_since(&log, 0), Some(6_385));
}

#[test]
fn an_emptied_log_has_no_records() {
    let mut log = ChangeLog::default();
    let asked = log.place();
    push(&mut log, 3, asked);
    log.clear();
    assert_eq!(number_since(&log, asked), Some(0));
}

#[test]
fn rows_bring_back_a_row_that_is_gone_since_the_request() {
    let mut log = ChangeLog::default();
    let before = log.place();
    log.push(gone(&WORKFLOWS, "a"), before);
    let after = log.place();
    let brings = |asked, table, rows: Value| log.brings_gone(asked, table, &Json::from(rows));
    assert!(brings(before, &WORKFLOWS, row("a")));
    assert!(brings(before, &WORKFLOWS, json!([row("b"), row("a")])));
    assert!(!brings(before, &WORKFLOWS, row("b")));
    assert!(!brings(before, &WORKFLOWS, json!([row("b")])));
    assert!(!brings(before, &API_KEYS, row("a")));
    assert!(!brings(before, &API_KEYS, json!([row("a")])));
    assert!(!brings(after, &WORKFLOWS, row("a")));
    let mut other = ChangeLog::default();
    other.push(heard(&WORKFLOWS, "a"), 0);
    assert!(!other.brings_gone(0, &WORKFLOWS, &Json::from(row("a"))));
}
