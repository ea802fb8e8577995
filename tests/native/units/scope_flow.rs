//! Which requests read the scope of a subscription, driven by hand.

use super::flows::{counted, rows, workflows, Run};
use crate::support::client::id;
use crate::support::Json;
use serde_json::{json, Value};
use workflow_db::flows::ScopeFlow;
use workflow_db::query::{Query, Test};
use workflow_db::subscriptions::{Extent, MAX_COMPARED_ROWS};
use workflow_db::tables::{AUDIT_LOGS, WORKFLOWS};

type Scope = Run<ScopeFlow<Json>>;

/// The rows to compare, if there are not too many.
fn compared(run: Scope) -> Option<usize> {
    run.end().expect("no error").map(|rows| rows.ids().len())
}

#[test]
fn a_scope_that_was_too_large_is_counted_before_reading() {
    let scope = || Query::of(&WORKFLOWS).filter("user_id", Test::Eq(id("ada"))).ordered_by_id();
    let mut large = Run::of(ScopeFlow::new(scope(), Extent::Unknown, None));
    assert!(large.asks()[0].contains("limit=0"));
    large.answer(counted(&json!([]), 5_001));
    assert!(large.end().expect("no error").is_none());
    let mut small = Run::of(ScopeFlow::new(scope(), Extent::Unknown, None));
    small.answer(counted(&json!([]), 1)).answer(counted(&workflows(0..1), 1));
    assert_eq!(small.end().expect("no error").expect("rows").ids().len(), 1);
}

#[test]
fn an_append_only_table_is_first_read_from_its_newest_rows_and_then_from_the_last_minute() {
    let scope = Query::of(&AUDIT_LOGS).ordered_by_id();
    let mut run = Run::of(ScopeFlow::new(scope, Extent::Unread, None));
    assert!(run.asks()[0].contains("created_at.desc") && run.asks()[0].contains("limit=100"));
    let newest = |number: u32| json!({"id": id(&format!("{number}")), "created_at": format!("2024-01-01T00:00:{:02}", 59 - number / 2)});
    let newest: Value = (0..100).map(newest).collect();
    run.answer(counted(&newest, 300));
    assert!(run.asks()[0].contains("created_at=gte."), "all of them are of one minute: {:?}", run.asks());
    run.answer(counted(&json!([]), 0));
    assert!(run.end().expect("no error").is_some());
}

fn whole(extent: Extent) -> Scope {
    Run::of(ScopeFlow::new(Query::of(&WORKFLOWS).ordered_by_id(), extent, None))
}

/// This many rows in the order of their ids.
fn many(count: u32) -> Value {
    (0..count).map(|number| json!({"id": format!("00000000-0000-4000-8000-{number:012}")})).collect()
}

#[test]
fn as_many_rows_are_compared_as_the_limit_allows() {
    for (count, expected) in
        [(MAX_COMPARED_ROWS, Some(MAX_COMPARED_ROWS as usize)), (MAX_COMPARED_ROWS + 1, None)]
    {
        let mut run = whole(Extent::Unread);
        run.answer(counted(&many(count), count));
        assert_eq!(compared(run), expected);
        let mut run = whole(Extent::Unread);
        run.answer(counted(&many(1), 2 * count));
        assert_eq!(compared(run), None, "the count alone says that there are too many");
        // A scope that was too large may have shrunk.
        let mut run = whole(Extent::Unknown);
        run.answer(counted(&json!([]), count));
        assert_eq!(run.asks().len(), usize::from(expected.is_some()));
    }
}

#[test]
fn without_a_count_one_row_beyond_the_limit_tells_that_there_are_too_many() {
    for (count, expected) in
        [(MAX_COMPARED_ROWS, Some(MAX_COMPARED_ROWS as usize)), (MAX_COMPARED_ROWS + 1, None)]
    {
        let mut run = whole(Extent::Unread);
        let all = many(count);
        let (first, more) = all.as_array().expect("rows").split_at(1_000);
        run.answer(rows(&json!(first)));
        assert!(
            run.asks()[0].contains(&format!("limit={}", MAX_COMPARED_ROWS + 1 - 1_000)),
            "{:?}",
            run.asks()
        );
        run.answer(rows(&json!(more)));
        if expected.is_some() {
            run.answer(rows(&json!([])));
        }
        assert_eq!(compared(run), expected);
    }
}

fn logs() -> Query {
    Query::of(&AUDIT_LOGS).ordered_by_id()
}

/// The newest entries of the audit log first, one every `ms` milliseconds until a minute past noon.
fn newest(count: u32, ms: u32) -> Value {
    let entry = |number: u32| {
        let at_ms = 60_000 - number * ms;
        let time =
            format!("2024-01-01T12:{:02}:{:02}.{:03}", at_ms / 60_000, at_ms / 1_000 % 60, at_ms % 1_000);
        json!({"id": id(&format!("{number}")), "created_at": time.trim_end_matches('0').trim_end_matches('.')})
    };
    (0..count).map(entry).collect()
}

#[test]
fn fewer_entries_than_the_newest_hundred_are_all() {
    let mut run = Run::of(ScopeFlow::new(logs(), Extent::Unread, None));
    run.answer(counted(&newest(99, 1), 99));
    assert_eq!(compared(run), Some(99));
}

#[test]
fn the_last_minute_is_read_completely_even_if_its_start_is_the_time_of_the_oldest_entry_read() {
    // The hundredth entry is a minute older than the first. Others may have been made at the same time.
    let mut entries = newest(99, 1);
    let all = entries.as_array_mut().expect("rows");
    all.push(json!({"id": id("oldest"), "created_at": "2024-01-01T12:00:00"}));
    let mut run = Run::of(ScopeFlow::new(logs(), Extent::Unread, None));
    run.answer(counted(&entries, 300));
    assert!(run.asks()[0].contains("created_at=gte.2024-01-01T12"), "{:?}", run.asks());
    // Once the oldest entry read is older, the minute is complete.
    let mut run = Run::of(ScopeFlow::new(logs(), Extent::Unread, None));
    entries[99]["created_at"] = json!("2024-01-01T11:59:59.999");
    run.answer(counted(&entries, 300));
    assert_eq!(compared(run), Some(100));
}

/// The log was empty when it was last read, so every entry is new.
#[test]
fn all_entries_are_read_after_a_log_that_had_none() {
    let mut run = Run::of(ScopeFlow::new(logs(), Extent::Recent, None));
    assert!(run.asks()[0].contains("created_at.asc") && !run.asks()[0].contains("limit"), "{:?}", run.asks());
    let mut entries = newest(150, 1);
    entries.as_array_mut().expect("rows").reverse();
    run.answer(counted(&entries, 150));
    assert_eq!(compared(run), Some(150));
}
