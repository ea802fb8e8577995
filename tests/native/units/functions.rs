//! Calls of database functions: what they send, and what their errors mean.

use super::flows::{error, rows, Run};
use crate::support::client::id;
use serde_json::json;
use std::fs;
use workflow_db::error::{code, Error, Report};
use workflow_db::flows::{explained, DatabaseFunction, FunctionCall, Step, Write, WriteFlow, Written};
use workflow_db::tables::{API_KEYS, AUDIT_LOGS, WORKFLOWS, WORKFLOW_MEMBERS};

const ALL: [DatabaseFunction; 9] = [
    DatabaseFunction::SaveGraph,
    DatabaseFunction::SaveMergedGraph,
    DatabaseFunction::FromTemplate,
    DatabaseFunction::SaveWorkflows,
    DatabaseFunction::SaveKeys,
    DatabaseFunction::StoreKey,
    DatabaseFunction::RevealKey,
    DatabaseFunction::AcceptInvitation,
    DatabaseFunction::LeaveWorkflow,
];

fn call(function: DatabaseFunction) -> FunctionCall {
    FunctionCall::new(function, "{}".to_owned(), None)
}

/// The error of an HTTP response.
fn response(code: &'static str, status: u16) -> Error {
    Report { status: Some(status), attempts: 1, ..Report::new(code, "refused") }.into()
}

/// The file that the hint names.
fn file(error: &Error) -> String {
    assert_eq!(error.code, code::MIGRATION_REQUIRED);
    let hint = error.hint.as_deref().unwrap_or_default();
    let path = hint.split(' ').find(|word| word.starts_with("supabase/")).expect("a path");
    path.trim_end_matches(',').to_owned()
}

#[test]
fn a_call_that_finds_the_rows_of_its_lost_attempt_is_replayed() {
    let call = FunctionCall::new(DatabaseFunction::SaveWorkflows, "{}".to_owned(), None);
    let mut run = Run::of(WriteFlow::new(Write::Call(call), None));
    run.answer(error("23505", 2));
    let Step::Ask(replay) = &run.step else { panic!("it is over") };
    assert!(replay.body.as_deref().is_some_and(|body| body.contains("p_replay")));
    run.answer(rows(&json!([{"id": id("w")}])));
    assert!(matches!(run.end(), Ok(Written::Called(_))));
}

#[test]
fn a_call_refused_at_the_first_attempt_is_not_replayed() {
    let call = FunctionCall::new(DatabaseFunction::SaveWorkflows, "{}".to_owned(), None);
    let mut run = Run::of(WriteFlow::new(Write::Call(call), None));
    run.answer(error("23505", 1));
    assert_eq!(run.end().err().expect("an error").code, "23505");
}

#[test]
fn only_a_conflict_with_rows_that_a_lost_attempt_may_have_made_is_replayed() {
    let outcome = |function, code| {
        let mut run = Run::of(WriteFlow::new(Write::Call(call(function)), None));
        run.answer(error(code, 2));
        run.end().err().expect("an error").code.to_string()
    };
    assert_eq!(outcome(DatabaseFunction::SaveWorkflows, "23514"), "23514");
    // These functions know no replay. What they do, they may do twice.
    for function in [DatabaseFunction::StoreKey, DatabaseFunction::FromTemplate] {
        assert_eq!(outcome(function, "23505"), "23505");
    }
}

#[test]
fn an_unknown_function_is_explained_by_the_migration_that_creates_it() {
    for function in ALL {
        for unknown in ["PGRST202", "42883"] {
            let error = call(function).refused(response(unknown, 404));
            let name = call(function).request().path.replace("rpc/", "function public.");
            let path = [env!("CARGO_MANIFEST_DIR"), "/", &file(&error)].concat();
            let sql = fs::read_to_string(&path).expect("a migration");
            assert!(sql.contains(&[&name, "("].concat()), "{path} does not create {name}");
        }
    }
}

#[test]
fn each_function_writes_the_table_of_the_rows_that_it_changes() {
    for (function, table) in [
        (DatabaseFunction::SaveGraph, &WORKFLOWS),
        (DatabaseFunction::FromTemplate, &WORKFLOWS),
        (DatabaseFunction::SaveKeys, &API_KEYS),
        (DatabaseFunction::StoreKey, &API_KEYS),
        (DatabaseFunction::RevealKey, &AUDIT_LOGS),
        (DatabaseFunction::AcceptInvitation, &WORKFLOW_MEMBERS),
        (DatabaseFunction::LeaveWorkflow, &WORKFLOW_MEMBERS),
    ] {
        assert_eq!(Write::Call(call(function)).table().name, table.name);
    }
}

#[test]
fn the_refusal_to_reveal_a_key_names_the_api_relay() {
    let refused = |function, code| call(function).refused(response(code, 403));
    let error = refused(DatabaseFunction::RevealKey, "42501");
    assert_eq!((&*error.code, error.status, error.attempts), ("42501", Some(403), 1));
    assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("db.callService")));
    for other in [refused(DatabaseFunction::StoreKey, "42501"), refused(DatabaseFunction::RevealKey, "23514")]
    {
        assert_eq!((&*other.message, &other.hint), ("refused", &None));
    }
}

#[test]
fn an_optional_table_that_the_database_lacks_is_explained_by_its_migration() {
    let optional = "supabase/optional/20260301000000_workflow_members.sql";
    for missing in [
        response("42P01", 404),
        response("PGRST205", 404),
        // PostgREST 12 reports nothing but the status for a write.
        response(code::UNKNOWN_ERROR, 404),
    ] {
        assert_eq!(file(&explained("workflow_members", missing)), optional);
    }
    assert_eq!(file(&explained("workflows", response("PGRST200", 400))), optional, "a member's workflows");
}

#[test]
fn other_errors_stay_as_they_are() {
    for (table, code, status) in [
        ("workflow_members", code::UNKNOWN_ERROR, 500),
        ("workflow_members", "42501", 403),
        ("workflow_members", code::NETWORK, 404),
        ("workflows", code::UNKNOWN_ERROR, 404),
        ("workflows", "42P01", 404),
    ] {
        let error = explained(table, response(code, status));
        assert_eq!((&*error.code, &error.hint), (code, &None), "{table}");
    }
}
