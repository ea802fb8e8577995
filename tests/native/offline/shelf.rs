//! What is stored, and what is dropped.

use serde_json::{json, Value};
use workflow_db::offline::{evict, Batch, Shelf};

fn batch(changed: &[&str], used: &[&str]) -> Batch {
    let texts = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    Batch { changed: texts(changed), used: texts(used) }
}

#[test]
fn the_first_change_makes_a_batch_due_and_the_others_join_it() {
    let mut shelf = Shelf::default();
    assert_eq!(shelf.changed("b"), Some(250.0));
    assert_eq!(shelf.changed("a"), None);
    assert_eq!(shelf.used("c"), None);
    assert_eq!(shelf.changed("b"), None);
    assert_eq!(shelf.take(), batch(&["a", "b"], &["c"]));
    assert_eq!(shelf.take(), Batch::default());
    assert_eq!(shelf.used("a"), Some(250.0));
}

#[test]
fn an_entry_that_changed_was_used_too() {
    let mut shelf = Shelf::default();
    shelf.changed("a");
    shelf.used("a");
    shelf.used("b");
    shelf.changed("b");
    assert_eq!(shelf.take(), batch(&["a", "b"], &[]));
}

#[test]
fn a_batch_is_json() {
    assert_eq!(batch(&["a\"", "b"], &["c"]).json(), r#"{"changed":["a\"","b"],"used":["c"]}"#);
}

fn evicted(entries: Value, limits: Value) -> Value {
    let keys = evict(&entries.to_string(), &limits.to_string()).expect("keys");
    serde_json::from_str(&keys).expect("JSON")
}

fn entry(key: &str, bytes: u64, stored_at: u64, used_at: u64) -> Value {
    json!({"key": key, "bytes": bytes, "storedAt": stored_at, "usedAt": used_at})
}

#[test]
fn the_least_recently_used_entries_go_until_the_rest_fits() {
    let entries = json!([entry("new", 40, 1, 30), entry("old", 40, 3, 10), entry("middle", 40, 2, 20)]);
    let go =
        |max_bytes: u64| evicted(entries.clone(), json!({"maxBytes": max_bytes, "maxAgeMs": 100, "now": 50}));
    assert_eq!(go(120), json!([]));
    assert_eq!(go(119), json!(["old"]));
    assert_eq!(go(80), json!(["old"]));
    assert_eq!(go(79), json!(["old", "middle"]));
    assert_eq!(go(0), json!(["old", "middle", "new"]));
}

#[test]
fn entries_that_are_too_old_go_and_free_their_space() {
    let entries = json!([entry("expired", 90, 899, 999), entry("kept", 90, 900, 900)]);
    assert_eq!(evicted(entries, json!({"maxBytes": 100, "maxAgeMs": 100, "now": 1_000})), json!(["expired"]));
}

#[test]
fn an_entry_from_the_future_goes_unless_the_clock_may_be_a_little_wrong() {
    let day = 86_400_000;
    let entries = json!([entry("near", 1, day + 10, 1), entry("far", 1, day + 11, 1)]);
    assert_eq!(evicted(entries, json!({"maxBytes": 9, "maxAgeMs": 9, "now": 10})), json!(["far"]));
}

#[test]
fn a_use_in_the_future_counts_as_one_now() {
    let entries = json!([entry("a", 5, 1, 10), entry("b", 5, 1, 9_999)]);
    assert_eq!(evicted(entries, json!({"maxBytes": 5, "maxAgeMs": 99, "now": 10})), json!(["a"]));
}

#[test]
fn an_invalid_entry_is_refused() {
    let limits = r#"{"maxBytes":1,"maxAgeMs":1,"now":1}"#;
    for entries in ["", "{}", "[{}]", r#"[{"key":"a","bytes":-1,"storedAt":1,"usedAt":1}]"#] {
        let error = evict(entries, limits).expect_err("a refusal");
        assert_eq!(error.message, "entries: expected stored entries");
    }
    assert_eq!(evict("[]", "{}").expect_err("a refusal").message, "limits: expected limits");
}
