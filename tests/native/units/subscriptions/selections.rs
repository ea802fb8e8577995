//! What a subscription selects: its checks, bindings and query.

use crate::support::json::Json;
use crate::support::random::uuid_of;
use serde_json::{json, Value};
use workflow_db::error::code;
use workflow_db::query::Comparison;
use workflow_db::realtime::Binding;
use workflow_db::rest::Request;
use workflow_db::subscriptions::Selection;

fn selection(table: &str, scope: Option<&str>, filter: Option<&str>) -> Selection {
    Selection::new(table, scope.map(str::to_owned), filter.map(str::to_owned)).expect("a selection")
}

#[track_caller]
fn refusal(table: &str, scope: Option<&str>, filter: Option<&str>) -> String {
    let selection = Selection::new(table, scope.map(str::to_owned), filter.map(str::to_owned));
    let error = selection.err().expect("a refusal");
    assert!(error.is(code::INVALID_INPUT));
    error.message.to_string()
}

#[test]
fn a_table_that_does_not_exist_is_refused() {
    assert_eq!(refusal("users", None, None), "table: expected one of the database's tables");
}

#[test]
fn a_scope_is_a_uuid_or_all_for_tables_without_an_owner() {
    let id = uuid_of("ada");
    assert_eq!(selection("workflows", Some(&id.to_uppercase()), None).scope, Some(id));
    assert_eq!(selection("workflow_templates", Some("all"), None).scope, None);
    for (table, scope) in [("workflows", "all"), ("workflow_templates", "some"), ("workflows", "")] {
        assert_eq!(refusal(table, Some(scope), None), "scope: expected a uuid");
    }
}

#[test]
fn a_filter_is_a_comparison_with_a_column_of_the_table() {
    for filter in ["status=eq.running", "status=eq.", "status=in.(running,failed)", "status=not.eq.a=b"] {
        let read = selection("workflow_executions", None, Some(filter)).filter.expect("a comparison");
        assert_eq!(read.text(), filter);
    }
    for filter in [
        "",
        "status",
        "status=running",
        "colour=eq.red",
        "status=is-not.running",
        "status=in.running",
        "status=in.(running",
        "status=in.running)",
        "status=eq.a\0",
    ] {
        let refused = refusal("workflow_executions", None, Some(filter));
        assert!(refused.starts_with("filter: expected a condition"), "{filter}");
    }
}

#[test]
fn a_filter_fits_into_a_url_in_any_encoding() {
    let of_length = |length: usize| {
        let filter = ["name=eq.", &"x".repeat(length - 8)].concat();
        Selection::new("workflows", None, Some(filter)).is_ok()
    };
    assert!(of_length(2_333));
    assert!(!of_length(2_334));
}

fn filters(bindings: &[Binding]) -> Vec<(&str, Option<String>)> {
    bindings.iter().map(|binding| (binding.event, binding.filter.as_ref().map(Comparison::text))).collect()
}

#[test]
fn a_scope_has_one_binding_per_column_and_a_filter_adds_one() {
    let id = uuid_of("x");
    let by = |column: &str| [column, "=eq.", &id].concat();
    let bindings = selection("workflow_executions", Some(&id), Some("status=eq.failed")).bindings(false);
    let expected = [by("user_id"), by("workflow_id"), by("id"), "status=eq.failed".to_owned()];
    assert_eq!(filters(&bindings), expected.map(|filter| ("*", Some(filter))));
    assert!(bindings.iter().all(|binding| binding.table == "workflow_executions"));
    assert_eq!(filters(&selection("workflows", None, None).bindings(false)), [("*", None)]);
    let filtered = selection("workflows", None, Some("name=eq.a"));
    assert_eq!(filters(&filtered.bindings(false)), [("*", Some("name=eq.a".to_owned()))]);
}

#[test]
fn unfiltered_deletes_are_requested_unless_a_binding_already_reports_them() {
    let scoped = selection("workflow_nodes", Some(&uuid_of("x")), None).bindings(true);
    assert_eq!(filters(&scoped).last(), Some(&("DELETE", None)));
    assert_eq!(scoped.len(), 2);
    assert_eq!(filters(&selection("workflow_nodes", None, None).bindings(true)), [("*", None)]);
}

#[test]
fn a_row_is_included_if_it_matched_a_scope_binding_and_the_filter_binding() {
    let id = uuid_of("x");
    let both = selection("workflows", Some(&id), Some("name=eq.a"));
    for (matched, expected) in
        [(&[0, 2][..], true), (&[1, 2], true), (&[0, 1], false), (&[2], false), (&[], false)]
    {
        assert_eq!(both.is_meant(matched), expected, "{matched:?}");
    }
    let scoped = selection("workflows", Some(&id), None);
    assert_eq!([&[0][..], &[1], &[2], &[]].map(|m| scoped.is_meant(m)), [true, true, false, false]);
    let filtered = selection("workflows", None, Some("name=eq.a"));
    assert_eq!([&[0][..], &[1], &[]].map(|m| filtered.is_meant(m)), [true, false, false]);
    assert!(selection("workflows", None, None).is_meant(&[0]));
}

#[test]
fn a_row_is_in_the_scope_that_one_of_its_columns_contains() {
    let id = uuid_of("x");
    let scoped = selection("workflow_favorites", Some(&id), None);
    let is_in = |row: Value| scoped.is_in_scope(&Json::from(row));
    assert_eq!(is_in(json!({"user_id": uuid_of("ada"), "workflow_id": id})), Some(true));
    assert_eq!(is_in(json!({"user_id": uuid_of("ada"), "workflow_id": uuid_of("y")})), Some(false));
    assert_eq!(is_in(json!({"user_id": null, "workflow_id": uuid_of("y")})), Some(false));
    assert_eq!(is_in(json!({"workflow_id": uuid_of("y")})), None);
    assert_eq!(is_in(json!({"workflow_id": id})), Some(true));
    assert_eq!(selection("workflow_favorites", None, None).is_in_scope(&Json::from(json!({}))), Some(true));
}

#[test]
fn the_scope_query_is_the_scope_and_the_filter_ordered_by_id() {
    let id = uuid_of("x");
    let path = |selection: &Selection| Request::select(&selection.query(), "*").path;
    let both = selection("workflow_favorites", Some(&id), Some("created_at=gt.2024-01-01 00:00"));
    assert_eq!(
        path(&both),
        format!(
            "workflow_favorites?select=*&or=(user_id.eq.{id},workflow_id.eq.{id})\
             &created_at=gt.2024-01-01%2000:00&order=id.asc"
        )
    );
    assert_eq!(path(&selection("workflows", None, None)), "workflows?select=*&order=id.asc");
}
