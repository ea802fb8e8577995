//! A subscription's scope and filter, as a query and as a binding.

use crate::support::random::uuid_of;
use crate::support::Json;
use serde_json::json;
use workflow_db::query::Comparison;
use workflow_db::subscriptions::Selection;
use workflow_db::tables::{WORKFLOWS, WORKFLOW_EXECUTIONS};

fn selection(scope: Option<String>, filter: Option<&str>) -> Selection {
    Selection::new("workflow_executions", scope, filter.map(str::to_owned)).expect("it is valid")
}

#[test]
fn a_comparison_is_parsed_into_column_operator_and_value() {
    for (text, operator, value) in [
        ("status=eq.running", "eq", "running"),
        ("status=in.(running,failed)", "in", "(running,failed)"),
        ("error_message=not.is.null", "not", "is.null"),
        ("error_message=eq.", "eq", ""),
        ("error_message=eq.a=b.c", "eq", "a=b.c"),
    ] {
        let read = Comparison::parse(&WORKFLOW_EXECUTIONS, text).expect(text);
        assert_eq!((read.operator, read.value.as_str()), (operator, value));
        assert_eq!(read.text(), text);
    }
}

#[test]
fn anything_but_a_comparison_with_a_column_is_refused() {
    for text in [
        "status",
        "status=eq",
        "status=running",
        "nope=eq.a",
        "status=or.(a.eq.b)",
        "status=in.a",
        "name=eq.\0",
    ] {
        assert_eq!(Comparison::parse(&WORKFLOWS, text), None, "{text}");
    }
}

#[test]
fn a_row_outside_the_scope_does_not_match_and_one_without_its_columns_is_undecided() {
    let scope = uuid_of("scope");
    let query = selection(Some(scope.clone()), None).query();
    let row =
        |workflow: &str| Json::from(json!({"id": uuid_of("a"), "user_id": null, "workflow_id": workflow}));
    assert_eq!(query.admits(&row(&scope)), Some(true));
    assert_eq!(query.admits(&row(&uuid_of("other"))), Some(false));
    assert_eq!(query.admits(&Json::from(json!({"id": uuid_of("a")}))), None);
}

#[test]
fn only_the_server_evaluates_the_application_s_comparison() {
    let scope = uuid_of("scope");
    let query = selection(Some(scope.clone()), Some("status=eq.running")).query();
    let row = |user: &str| {
        Json::from(json!({"id": uuid_of("a"), "user_id": user, "workflow_id": null, "status": "running"}))
    };
    assert_eq!(query.admits(&row(&scope)), None);
    assert_eq!(query.admits(&row(&uuid_of("other"))), Some(false));
}
