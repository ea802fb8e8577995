//! Writes in flight: which of them cross.

use crate::support::random::uuid_of;
use std::rc::Rc;
use workflow_db::engine::log::{ChangeLog, Record};
use workflow_db::engine::writes::{WriteInFlight, WritesInFlight};
use workflow_db::flows::{DatabaseFunction, FunctionCall, Write};
use workflow_db::query::Test;
use workflow_db::tables::{Table, API_KEYS, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};

fn update(table: &'static Table, id: &str) -> Write {
    Write::Update { table, id: id.to_owned(), body: String::new(), condition: None }
}

fn delete(table: &'static Table, id: &str) -> Write {
    let filter = workflow_db::query::Filter { column: "id", test: Test::Eq(id.to_owned()) };
    Write::Delete { table, filters: vec![filter], must_exist: false }
}

fn upsert(table: &'static Table) -> Write {
    Write::Upsert { table, user_id: uuid_of("ada"), body: String::new() }
}

fn save(id: &str) -> Write {
    Write::Call(FunctionCall::new(DatabaseFunction::SaveGraph, String::new(), Some(id.to_owned())))
}

fn in_flight(write: &Write) -> Rc<WriteInFlight> {
    WritesInFlight::default().begin(&mut ChangeLog::default(), write)
}

/// Whether the first write crossed the second, which is in flight, or ended in the meantime.
fn crossed(one: &Write, other: &Write) -> bool {
    let (mut log, mut writes) = (ChangeLog::default(), WritesInFlight::default());
    let one = writes.begin(&mut log, one);
    let other = writes.begin(&mut log, other);
    writes.end(&one);
    let is_crossed = writes.crossed(&log, &one);
    writes.end(&other);
    assert!(!writes.crossed(&log, &one));
    log.push(Record::WriteEnded(other), 0);
    assert_eq!(writes.crossed(&log, &one), is_crossed);
    is_crossed
}

#[test]
fn writes_cross_if_they_may_touch_the_same_row() {
    for (one, other, is_crossed) in [
        (update(&WORKFLOWS, "a"), update(&WORKFLOWS, "a"), true),
        (update(&WORKFLOWS, "a"), update(&WORKFLOWS, "b"), false),
        (update(&WORKFLOWS, "a"), update(&WORKFLOW_NODES, "a"), false),
        (update(&API_KEYS, "a"), upsert(&API_KEYS), true),
        (update(&WORKFLOWS, "a"), upsert(&API_KEYS), false),
        (delete(&WORKFLOWS, "a"), update(&WORKFLOW_NODES, "n"), true),
        (delete(&WORKFLOWS, "a"), update(&API_KEYS, "k"), false),
        (update(&WORKFLOWS, "a"), update(&WORKFLOW_NODES, "n"), false),
        (save("a"), update(&WORKFLOW_NODES, "n"), true),
        (save("a"), update(&WORKFLOW_CONNECTIONS, "c"), true),
        (save("a"), update(&API_KEYS, "k"), false),
        (update(&API_KEYS, "k"), update(&WORKFLOW_NODES, "n"), false),
    ] {
        assert_eq!(crossed(&one, &other), is_crossed);
        assert_eq!(crossed(&other, &one), is_crossed);
    }
}

#[test]
fn a_write_may_mean_its_own_row_or_any_of_its_table() {
    let one = in_flight(&update(&WORKFLOWS, "a"));
    assert!(one.may_mean(&WORKFLOWS, "a"));
    assert!(!one.may_mean(&WORKFLOWS, "b"));
    assert!(!one.may_mean(&WORKFLOW_NODES, "a"));
    let any = in_flight(&upsert(&API_KEYS));
    assert!(any.may_mean(&API_KEYS, "b"));
    assert!(!any.may_mean(&WORKFLOWS, "b"));
}
