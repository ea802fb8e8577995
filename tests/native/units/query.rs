//! Queries, orders and cursors.

use crate::support::random::uuid_of;
use crate::support::Json;
use serde_json::json;
use workflow_db::query::{Cursor, Query};
use workflow_db::tables::{API_KEYS, WORKFLOWS};

const KEY: &str = "workflows:1";

fn cursor_at(value: Option<&str>, query: &Query) -> String {
    let position = vec![(query.order[0], value.map(str::to_owned)), (query.order[1], Some(uuid_of("row")))];
    Cursor::after(Some(position)).text(KEY)
}

#[test]
fn a_cursor_after_a_row_without_a_value_leads_back_to_that_row() {
    let query = Query::of(&WORKFLOWS).ordered_by("archived_at", false);
    let cursor = Cursor::parse(&cursor_at(None, &query), KEY, &query).expect("its own text");
    let values: Vec<_> = cursor.position.expect("a place").into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, [None, Some(uuid_of("row"))]);
}

#[test]
fn a_cursor_with_an_invalid_column_value_is_refused() {
    let times = Query::of(&WORKFLOWS).ordered_by("created_at", false);
    assert!(Cursor::parse(&cursor_at(Some("2024-01-01T00:00:00"), &times), KEY, &times).is_some());
    assert!(Cursor::parse(&cursor_at(Some("yesterday"), &times), KEY, &times).is_none());
    let names = Query::of(&WORKFLOWS).ordered_by("name", false);
    assert!(Cursor::parse(&cursor_at(Some("a\0b"), &names), KEY, &names).is_none());
}

#[test]
fn a_reversed_query_reverses_every_column() {
    let query = Query::of(&WORKFLOWS).ordered_by("name", true).reversed();
    let order: Vec<_> = query.order.iter().map(|order| (order.column, order.descending)).collect();
    assert_eq!(order, [("name", false), ("id", true)]);
}

#[test]
fn a_public_query_neither_requests_nor_returns_the_secret() {
    let query = Query::of(&API_KEYS).without_secret();
    let select = query.select();
    let columns: Vec<_> = select.split(',').collect();
    assert!(!columns.contains(&"encrypted_key"));
    assert_eq!(columns.len(), API_KEYS.columns.len() - 1);
    let row = Json::from(json!({"id": "1", "encrypted_key": "sk-1", "key_format": "plain"}));
    assert_eq!(query.shown(row).to_value(), json!({"id": "1", "encrypted_key": "[REDACTED]"}));
}

#[test]
fn a_list_that_skips_rows_is_a_page() {
    assert!(!Query::of(&WORKFLOWS).is_page());
    assert!(Query { offset: 5, ..Query::of(&WORKFLOWS) }.is_page());
}

#[test]
fn only_ids_and_times_are_sorted_without_the_database() {
    assert!(Query::of(&WORKFLOWS).is_ordered_locally());
    assert!(!Query::of(&WORKFLOWS).ordered_by("name", false).is_ordered_locally());
}

#[test]
fn a_row_without_the_sort_column_is_not_compared_with_one_that_has_null() {
    let query = Query::of(&WORKFLOWS).ordered_by("archived_at", false);
    let partial = Json::from(json!({"id": uuid_of("a")}));
    let null = Json::from(json!({"id": uuid_of("b"), "archived_at": null}));
    assert_eq!(query.compare(&partial, &null), None);
    assert_eq!(query.compare(&null, &partial), None);
}
