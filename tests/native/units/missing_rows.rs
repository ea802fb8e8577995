//! Rows that the server did not have when the application asked for them.

use crate::support::random::uuid_of;
use crate::support::Json;
use serde_json::{json, Value};
use workflow_db::cache::{Shape, Store};
use workflow_db::subscriptions::{cached_differences, Selection};
use workflow_db::tables::WORKFLOWS;
use workflow_db::time::Moment;

fn workflow(name: &str) -> Value {
    json!({"id": uuid_of(name), "user_id": uuid_of("ada"), "name": name, "archived_at": null})
}

fn key_of(name: &str) -> String {
    format!("workflow:{}", uuid_of(name))
}

/// Those of Ada's rows that were missing before.
fn appearing(table: &str, store: &Store<Json>, rows: &Value) -> Vec<Value> {
    let selection = Selection::new(table, Some(uuid_of("ada")), None).expect("a selection");
    let found = cached_differences(store, &selection, &Json::from(rows));
    assert!(found.iter().all(|difference| difference.old.is_none()));
    found.into_iter().filter_map(|difference| difference.new).map(|row| row.to_value()).collect()
}

#[test]
fn a_row_that_was_missing_appears_until_it_is_known() {
    let mut store = Store::default();
    let rows = json!([workflow("a"), workflow("b")]);
    assert_eq!(appearing("workflows", &store, &rows), Vec::<Value>::new());
    store.note_absent(&key_of("a"));
    store.note_absent(&key_of("c"));
    assert_eq!(appearing("workflows", &store, &rows), [workflow("a")]);
    store.forget_absent(&key_of("a"));
    assert_eq!(appearing("workflows", &store, &rows), Vec::<Value>::new());
}

#[test]
fn an_inactive_row_is_still_missing() {
    let mut store = Store::default();
    store.note_absent(&format!("api_key:{}:openai", uuid_of("ada")));
    let key = |is_active| {
        let (id, user) = (uuid_of("key"), uuid_of("ada"));
        json!({"id": id, "user_id": user, "service_name": "openai", "is_active": is_active})
    };
    assert_eq!(appearing("api_keys", &store, &json!([key(false)])), Vec::<Value>::new());
    assert_eq!(appearing("api_keys", &store, &json!([key(true)])), [key(true)]);
}

#[test]
fn a_key_is_absent_until_something_is_stored_under_it_or_the_user_changes() {
    let mut store = Store::<Json>::default();
    let is_absent = |store: &Store<Json>, name| store.was_absent(&WORKFLOWS, &Json::from(workflow(name)));
    store.note_absent(&key_of("a"));
    store.note_absent(&key_of("b"));
    assert!(is_absent(&store, "a") && is_absent(&store, "b") && !is_absent(&store, "c"));
    store.put(&key_of("a"), Json::from(workflow("a")), Shape::Row(&WORKFLOWS), None, Moment::default());
    assert!(!is_absent(&store, "a") && is_absent(&store, "b"));
    store.forget();
    assert!(!is_absent(&store, "b"));
}

#[test]
fn the_latest_hundred_absent_keys_are_remembered() {
    let mut store = Store::<Json>::default();
    let is_absent = |store: &Store<Json>, number: u32| {
        store.was_absent(&WORKFLOWS, &Json::from(workflow(&number.to_string())))
    };
    for number in 0..100 {
        store.note_absent(&key_of(&number.to_string()));
    }
    store.note_absent(&key_of("0"));
    assert!(is_absent(&store, 1), "a key counts once");
    store.note_absent(&key_of("100"));
    assert!(!is_absent(&store, 1) && is_absent(&store, 0) && is_absent(&store, 2) && is_absent(&store, 100));
}
