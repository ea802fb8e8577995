//! What a refused write keeps back, and how that ends: by `retry` or `discard`.

use super::stored::{delete, ensure, insert, outage, refusal, save, update, upsert, Stored};
use serde_json::{json, Value};

/// A refused insert, and what came after it.
fn refused_insert() -> (Stored, String) {
    let mut stored = Stored::default();
    let [id, ..] = stored.queue_all([
        insert("flows 1", &[]),
        insert("nodes 2", &["flows 1"]),
        insert("ports 3", &["nodes 2"]),
        insert("flows 4", &[]),
        insert("nodes 5", &["flows 4"]),
    ]);
    assert_eq!(stored.send(refusal()), "refused");
    (stored, id)
}

#[test]
fn a_refused_insert_blocks_what_belongs_to_its_row_and_nothing_else() {
    let (mut stored, _) = refused_insert();
    let blocked = [
        "insert flows 1 failed",
        "insert nodes 2 blocked",
        "insert ports 3 blocked",
        "insert flows 4 pending",
        "insert nodes 5 pending",
    ];
    assert_eq!(stored.list(), blocked);
    assert_eq!(stored.begin_row(), "flows 4");
}

#[test]
fn a_refused_update_blocks_later_writes_to_its_row_only() {
    let mut stored = Stored::default();
    stored.queue(update("flows 1", json!({"label": 1})));
    let begun = stored.begin();
    stored.queue_all([
        update("flows 1", json!({"label": 2})),
        insert("nodes 2", &["flows 1"]),
        update("flows 3", json!({"label": 3})),
    ]);
    stored.settle(&begun, refusal());
    let expected = [
        "update flows 1 failed",
        "update flows 1 blocked",
        "insert nodes 2 pending",
        "update flows 3 pending",
    ];
    assert_eq!(stored.list(), expected);
}

#[test]
fn refused_saves_upserts_and_ensured_rows_block_what_belongs_to_them() {
    for plan in [save("flows 1", json!([])), upsert("flows 1", json!({})), ensure("flows 1", &[])] {
        let mut stored = Stored::default();
        stored.queue_all([plan, insert("nodes 2", &["flows 1"])]);
        stored.send(refusal());
        assert_eq!(stored.list()[1], "insert nodes 2 blocked");
    }
}

#[test]
fn a_refused_deletion_blocks_no_rows_below() {
    let mut stored = Stored::default();
    stored.queue_all([delete("flows 1"), insert("nodes 2", &["flows 1"])]);
    stored.send(refusal());
    assert_eq!(stored.list()[1], "insert nodes 2 pending");
}

#[test]
fn a_reference_names_table_and_key_exactly() {
    let mut stored = Stored::default();
    let others = ["flows 12", "flows 2", "flow s1", "flows1", "1", "flows"];
    stored.queue_all([insert("flows 1", &[]), insert("nodes 2", &others)]);
    stored.send(refusal());
    assert_eq!(stored.list()[1], "insert nodes 2 pending");
}

#[test]
fn later_writes_that_depend_on_a_refused_one_are_blocked_from_the_start() {
    let (mut stored, _) = refused_insert();
    assert_eq!(stored.queue(delete("flows 1"))["state"], "blocked");
    assert_eq!(stored.queue(insert("nodes 6", &["flows 4", "flows 1"]))["state"], "blocked");
    assert_eq!(stored.queue(update("nodes 2", json!({"label": "x"})))["state"], "blocked");
    assert_eq!(stored.queue(delete("flows 9"))["state"], "pending");
}

#[test]
fn retry_takes_the_blocked_writes_along() {
    let (mut stored, id) = refused_insert();
    assert!(stored.retry(&id));
    assert!(stored.list().iter().all(|line| line.ends_with("pending")), "{:?}", stored.list());
    assert_eq!(stored.records[0].get("error"), None);
    let begun = stored.begin();
    assert_eq!((&begun["id"], &begun["isResent"]), (&json!(id), &json!(true)));
}

#[test]
fn what_another_refused_write_blocks_stays_blocked() {
    let mut stored = Stored::default();
    let [first, second, _] = stored.queue_all([
        insert("flows 1", &[]),
        insert("flows 2", &[]),
        insert("links 3", &["flows 1", "flows 2"]),
    ]);
    stored.send(refusal());
    stored.send(refusal());
    assert!(stored.retry(&first));
    assert_eq!(stored.list()[1..], ["insert flows 2 failed", "insert links 3 blocked"]);
    assert!(stored.retry(&second));
    assert_eq!(stored.list()[2], "insert links 3 pending");
}

#[test]
fn only_a_refused_write_can_be_retried() {
    let (mut stored, _) = refused_insert();
    let before = stored.records.clone();
    assert!(!stored.retry("w2"), "blocked");
    assert!(!stored.retry("w4"), "pending");
    assert!(!stored.retry("unknown"));
    assert_eq!(stored.records, before);
}

#[test]
fn with_a_discarded_insert_go_the_rows_that_could_not_exist_without_it() {
    let (mut stored, id) = refused_insert();
    stored.queue_all([update("ports 3", json!({"label": 3})), ensure("marks 7", &["flows 1"])]);
    assert!(stored.discard(&id));
    assert_eq!(stored.list(), ["insert flows 4 pending", "insert nodes 5 pending"]);
}

#[test]
fn a_row_that_was_moved_below_a_discarded_insert_keeps_its_update() {
    let (mut stored, id) = refused_insert();
    let mut moved = update("nodes 9", json!({"workflow_id": "1"}));
    moved["refs"] = json!(["flows 1"]);
    assert_eq!(stored.queue(moved)["state"], "blocked");
    assert!(stored.discard(&id));
    assert_eq!(stored.list().last().unwrap(), "update nodes 9 pending");
}

#[test]
fn after_a_discarded_update_the_later_ones_go_on() {
    let mut stored = Stored::default();
    stored.queue(update("flows 1", json!({"label": 1})));
    let begun = stored.begin();
    stored.queue(update("flows 1", json!({"label": 2})));
    stored.settle(&begun, refusal());
    assert!(stored.discard(begun["id"].as_str().unwrap()));
    assert_eq!(stored.list(), ["update flows 1 pending"]);
    assert_eq!(stored.body("flows 1"), json!({"label": 2}));
}

#[test]
fn a_blocked_write_can_be_discarded_by_itself() {
    let (mut stored, _) = refused_insert();
    assert!(stored.discard("w2"));
    let rest = ["insert flows 1 failed", "insert flows 4 pending", "insert nodes 5 pending"];
    assert_eq!(stored.list(), rest);
}

#[test]
fn what_is_being_sent_cannot_be_discarded() {
    let (mut stored, _) = refused_insert();
    assert_eq!(stored.begin_row(), "flows 4");
    assert!(!stored.discard("w4"));
    assert!(!stored.discard("unknown"));
    assert_eq!(stored.list().len(), 5);
}

#[test]
fn an_insert_that_may_have_been_made_leaves_the_rows_below_it_when_discarded() {
    let mut stored = Stored::default();
    let [id, _] = stored.queue_all([insert("flows 1", &[]), insert("nodes 2", &["flows 1"])]);
    assert_eq!(stored.send(outage()), "retry");
    assert!(stored.discard(&id));
    assert_eq!(stored.list(), ["insert nodes 2 pending"]);
}

#[test]
fn a_pending_insert_takes_the_rows_below_it_along_when_discarded() {
    let mut stored = Stored::default();
    let [id, _] = stored.queue_all([insert("flows 1", &[]), insert("nodes 2", &["flows 1"])]);
    assert!(stored.discard(&id));
    assert_eq!(stored.list(), [""; 0]);
}

#[test]
fn a_discarded_save_leaves_the_rows_below_it() {
    let mut stored = Stored::default();
    let [id, _] = stored.queue_all([save("flows 1", json!([])), insert("nodes 2", &["flows 1"])]);
    stored.send(refusal());
    assert!(stored.discard(&id));
    assert_eq!(stored.list(), ["insert nodes 2 pending"]);
}

#[test]
fn one_refusal_after_another_leaves_refusals_only() {
    let (mut stored, _) = refused_insert();
    stored.send(refusal());
    assert_eq!(stored.begin(), Value::Null);
    let states = ["failed", "blocked", "blocked", "failed", "blocked"];
    let found = stored.records.iter().map(|record| record["state"].clone());
    assert_eq!(found.collect::<Vec<_>>(), states);
}
