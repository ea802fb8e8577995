//! The requests of a write, and its result for each response, driven by hand.

use super::flows::{error, rows, Run};
use crate::support::client::id;
use crate::support::Json;
use serde_json::{json, Value};
use workflow_db::error::code;
use workflow_db::flows::{
    columns_of, Answered, Condition, DatabaseFunction, FunctionCall, Write, WriteFlow, Written,
};
use workflow_db::query::{Filter, Test};
use workflow_db::tables::{
    Table, ACCOUNT_SETTINGS, API_KEYS, SAVED_TEMPLATES, WORKFLOWS, WORKFLOW_EXECUTIONS, WORKFLOW_NODES,
};

type Writing = Run<WriteFlow<Json>>;

fn write(write: Write) -> Writing {
    Run::of(WriteFlow::new(write, None))
}

/// The same answer after several attempts.
fn after(attempts: u32, answer: Answered<Json>) -> Answered<Json> {
    Answered { attempts, ..answer }
}

#[track_caller]
fn fails(run: Writing) -> String {
    run.end().err().expect("an error").code.to_string()
}

#[track_caller]
fn row(run: Writing) -> Value {
    match run.end() {
        Ok(Written::Row(row)) => row.to_value(),
        Ok(_) => panic!("no row"),
        Err(error) => panic!("{error:?}"),
    }
}

fn insert(chosen_id: bool) -> Write {
    let body = json!({"id": id("w"), "name": "mine"}).to_string();
    Write::Insert { table: &WORKFLOWS, id: id("w"), chosen_id, body }
}

#[test]
fn an_insert_with_a_lost_response_finds_its_row() {
    let mut run = Run::of(WriteFlow::new(insert(true), None));
    run.answer(rows(&json!([])));
    assert!(run.asks()[0].starts_with("GET workflows?"));
    run.answer(rows(&json!([{"id": id("w"), "name": "mine", "description": null}])));
    assert!(matches!(run.end(), Ok(Written::Row(row)) if row.text("name") == "mine"));
}

#[test]
fn an_insert_with_a_taken_id_is_refused() {
    let mut run = Run::of(WriteFlow::new(insert(true), None));
    run.answer(rows(&json!([]))).answer(rows(&json!([{"id": id("w"), "name": "theirs"}])));
    assert_eq!(run.end().err().expect("an error").code, "23505");
}

fn update(condition: Condition) -> Write {
    let body = json!({"name": "new"}).to_string();
    Write::Update { table: &WORKFLOWS, id: id("w"), body, condition: Some(condition) }
}

#[test]
fn an_update_of_an_assumed_version_is_repeated_if_the_row_has_another_version() {
    let mut run = Run::of(WriteFlow::new(update(Condition::Assumed("2024-01-01".to_owned())), None));
    assert!(run.asks()[0].contains("updated_at=eq."));
    let other = json!([{"id": id("w"), "name": "old", "updated_at": "2024-01-02"}]);
    run.answer(rows(&json!([]))).answer(rows(&other));
    assert!(!run.asks()[0].contains("updated_at=eq."));
    run.answer(rows(&json!([{"id": id("w"), "name": "new", "updated_at": "2024-01-03"}])));
    assert_eq!(run.flow.version_before(), None, "which version it was made of is not known");
    assert!(matches!(run.end(), Ok(Written::Row(_))));
}

#[test]
fn an_update_of_a_required_version_conflicts_if_the_row_has_another_version() {
    let mut run = Run::of(WriteFlow::new(update(Condition::Wanted("2024-01-01".to_owned())), None));
    let other = json!([{"id": id("w"), "name": "old", "updated_at": "2024-01-02"}]);
    run.answer(rows(&json!([]))).answer(rows(&other));
    assert_eq!(run.end().err().expect("an error").code, code::CONFLICT);
}

/// The version is right, so row security is what kept the row as it is.
#[test]
fn an_update_that_row_security_ignores_finds_no_row_to_change() {
    let mut run = write(update(Condition::Wanted("2024-01-01".to_owned())));
    let public = json!([{"id": id("w"), "name": "new", "updated_at": "2024-01-01"}]);
    run.answer(after(2, rows(&json!([])))).answer(rows(&public));
    assert_eq!(fails(run), code::NOT_FOUND);
}

/// An update from version 1 that changes nothing, although version 2 has its values. Whether it was made.
fn was_made(before: Option<&Value>, found: &Value, attempts: u32) -> bool {
    let update = update(Condition::Wanted("1".to_owned()));
    let mut run = Run::of(WriteFlow::new(update, before.map(Json::from)));
    run.answer(after(attempts, rows(&json!([])))).answer(rows(&json!([found])));
    run.end().is_ok()
}

#[test]
fn an_update_was_made_if_the_row_is_its_expected_result() {
    let version = |version: &str, name: &str, description: &str| json!({"id": id("w"), "name": name, "description": description, "updated_at": version});
    let (old, new) = (version("1", "old", "a"), version("2", "new", "a"));
    // The browser repeats a request by itself when a connection breaks, which does not count as an attempt.
    assert!(was_made(Some(&old), &new, 1));
    assert!(was_made(Some(&old), &new, 2));
    let other = version("2", "new", "b");
    assert!(!was_made(Some(&old), &other, 2), "another client changed the description");
    let same = version("1", "new", "a");
    assert!(!was_made(Some(&same), &new, 1), "the row had the name before");
    assert!(was_made(Some(&same), &new, 2), "an update that changes nothing makes a version, too");
}

#[test]
fn of_an_unknown_row_the_values_alone_tell_whether_a_repeated_update_was_made() {
    let found = json!({"id": id("w"), "name": "new", "description": "b", "updated_at": "2"});
    let cached = json!({"id": id("w"), "name": "old", "description": "a", "updated_at": "0"});
    for before in [None, Some(&cached)] {
        assert!(was_made(before, &found, 2));
        assert!(!was_made(before, &found, 1), "the version is another client's");
    }
    assert!(!was_made(None, &cached, 2));
}

/// An insert of an API key under an id that the caller chose, which returns no row. Whether the row found is its own.
fn is_own_key(found: &Value, attempts: u32) -> bool {
    let body = json!({"id": id("k"), "service_name": "openai", "encrypted_key": "secret"}).to_string();
    let mut run = write(Write::Insert { table: &API_KEYS, id: id("k"), chosen_id: true, body });
    run.answer(after(attempts, rows(&json!([])))).answer(rows(&json!([found])));
    run.end().is_ok()
}

#[test]
fn a_key_that_the_database_encrypted_is_recognized_only_after_a_lost_response() {
    let key = |service: &str, secret: &str, format: Option<&str>| json!({"id": id("k"), "service_name": service, "encrypted_key": secret, "key_format": format});
    let encrypted = key("openai", "ciphertext", Some("pgp"));
    assert!(is_own_key(&encrypted, 2) && is_own_key(&encrypted, 3));
    assert!(!is_own_key(&encrypted, 1), "without a lost response the id was taken");
    assert!(!is_own_key(&key("other", "ciphertext", Some("pgp")), 2), "the other columns differ");
    for format in [None, Some("plain")] {
        assert!(is_own_key(&key("openai", "secret", format), 2));
        assert!(!is_own_key(&key("openai", "another secret", format), 2), "it is not encrypted, but differs");
    }
}

#[test]
fn a_write_that_an_earlier_page_may_have_made_looks_for_its_row() {
    let mut run = Run::of(WriteFlow::new(insert(true), None).resent(true));
    run.answer(error("23505", 1));
    assert!(run.asks()[0].starts_with("GET workflows?"));
    run.answer(rows(&json!([{"id": id("w"), "name": "mine"}])));
    assert_eq!(row(run)["name"], json!("mine"));
    let mut first = write(insert(true));
    first.answer(error("23505", 1));
    assert_eq!(fails(first), "23505");
}

fn is(column: &'static str, value: &str) -> Filter {
    Filter { column, test: Test::Eq(value.to_owned()) }
}

fn ensure() -> Write {
    Write::Ensure {
        table: &SAVED_TEMPLATES,
        user_id: id("ada"),
        filters: vec![is("user_id", &id("ada")), is("template_id", &id("t"))],
        body: json!({"user_id": id("ada"), "template_id": id("t")}).to_string(),
    }
}

#[test]
fn an_ensured_row_that_exists_is_read() {
    let mut run = write(ensure());
    run.answer(rows(&json!([])));
    assert!(run.asks()[0].starts_with("GET saved_templates?"));
    run.answer(rows(&json!([{"id": id("s")}])));
    assert_eq!(row(run), json!({"id": id("s")}));
    let mut gone = write(ensure());
    gone.answer(rows(&json!([]))).answer(rows(&json!([])));
    assert_eq!(fails(gone), code::NOT_FOUND);
}

fn delete(table: &'static Table) -> Write {
    Write::Delete { table, filters: vec![is("id", &id("r"))], must_exist: false }
}

/// Without the policy, the database ignores a deletion, too.
#[test]
fn a_deletion_that_deletes_nothing_is_checked_only_where_the_database_may_lack_the_policy() {
    let deleted = json!([{"id": id("r")}]);
    for table in [&WORKFLOWS, &WORKFLOW_EXECUTIONS] {
        let mut run = write(delete(table));
        run.answer(rows(&deleted));
        assert!(matches!(run.end(), Ok(Written::Deleted(rows)) if rows.len() == 1));
    }
    let mut run = write(delete(&WORKFLOWS));
    run.answer(rows(&json!([])));
    assert!(matches!(run.end(), Ok(Written::Deleted(rows)) if rows.is_empty()));
    for (found, is_gone) in [(json!([]), true), (deleted, false)] {
        let mut run = write(delete(&WORKFLOW_EXECUTIONS));
        run.answer(rows(&json!([]))).answer(rows(&found));
        match run.end() {
            Ok(_) => assert!(is_gone),
            Err(error) => assert!(!is_gone && error.is(code::MIGRATION_REQUIRED)),
        }
    }
}

/// A queued deletion was sent before, perhaps by a tab that crashed, or another device made it.
#[test]
fn a_deletion_of_a_row_that_must_exist_looks_for_it_if_it_was_sent_before() {
    let delete = |must_exist: bool, is_resent: bool| {
        let write = Write::Delete { table: &WORKFLOWS, filters: vec![is("id", &id("r"))], must_exist };
        Run::of(WriteFlow::new(write, None).resent(is_resent))
    };
    let nothing = || rows(&json!([]));
    let is_made = |run: Writing, count: usize| {
        assert!(matches!(run.end(), Ok(Written::Deleted(rows)) if rows.len() == count));
    };
    let mut gone = delete(true, true);
    gone.answer(nothing());
    assert!(gone.asks()[0].starts_with("GET workflows?"));
    gone.answer(nothing());
    is_made(gone, 0);
    let mut kept = delete(true, true);
    kept.answer(nothing()).answer(rows(&json!([{"id": id("r")}])));
    assert_eq!(fails(kept), code::NOT_FOUND);
    let mut deleted = delete(true, true);
    deleted.answer(rows(&json!([{"id": id("r")}])));
    is_made(deleted, 1);
    let mut need_not_exist = delete(false, true);
    need_not_exist.answer(nothing());
    is_made(need_not_exist, 0);
    let mut first = delete(true, false);
    first.answer(nothing());
    assert_eq!(fails(first), code::NOT_FOUND);
    let mut lost_response = delete(true, false);
    lost_response.answer(after(2, nothing()));
    is_made(lost_response, 0);
}

/// The code of an upsert of Ada's row, refused with a code in the name of this user.
fn refused(table: &'static Table, refusal: &'static str, user: &str) -> String {
    let body = json!({"user_id": id("ada")}).to_string();
    let mut run = write(Write::Upsert { table, user_id: id("ada"), body });
    run.answer(Answered { user_id: Some(id(user)), ..error(refusal, 1) });
    fails(run)
}

#[test]
fn only_a_user_who_is_refused_an_own_row_of_a_table_without_the_policy_needs_the_migration() {
    assert_eq!(refused(&ACCOUNT_SETTINGS, "42501", "ada"), code::MIGRATION_REQUIRED);
    assert_eq!(refused(&ACCOUNT_SETTINGS, "42501", "bob"), "42501");
    assert_eq!(refused(&ACCOUNT_SETTINGS, "23514", "ada"), "23514");
    assert_eq!(refused(&WORKFLOWS, "42501", "ada"), "42501");
}

fn call(function: DatabaseFunction) -> Write {
    Write::Call(FunctionCall::new(function, "{}".to_owned(), Some(id("w"))))
}

#[test]
fn a_write_knows_the_id_of_its_row_beforehand_unless_it_names_the_row_otherwise() {
    let update = |table| Write::Update { table, id: id("r"), body: "{}".to_owned(), condition: None };
    assert_eq!(update(&WORKFLOW_NODES).id(), Some(id("r")));
    assert_eq!(delete(&WORKFLOWS).id(), Some(id("r")));
    let filters = vec![is("user_id", &id("ada")), is("service_name", "openai")];
    assert_eq!(Write::Delete { table: &API_KEYS, filters, must_exist: false }.id(), None);
    assert_eq!(ensure().id(), None);
    assert_eq!(call(DatabaseFunction::SaveGraph).id(), Some(id("w")));
    // What ends is a membership, not the workflow.
    assert_eq!(call(DatabaseFunction::LeaveWorkflow).id(), None);
}

#[test]
fn only_updates_and_saved_graphs_make_a_new_version_of_a_workflow() {
    let update = |table| Write::Update { table, id: id("r"), body: "{}".to_owned(), condition: None };
    assert_eq!(update(&WORKFLOWS).versioned_row(), Some(&*id("r")));
    assert_eq!(update(&WORKFLOW_NODES).versioned_row(), None);
    for function in [DatabaseFunction::SaveGraph, DatabaseFunction::SaveMergedGraph] {
        assert_eq!(call(function).versioned_row(), Some(&*id("w")));
    }
    for function in [DatabaseFunction::FromTemplate, DatabaseFunction::LeaveWorkflow] {
        assert_eq!(call(function).versioned_row(), None);
    }
}

#[test]
fn a_write_knows_how_long_its_url_is() {
    let long = "x".repeat(10_000);
    let filters = vec![is("user_id", &id("ada")), is("service_name", &long)];
    let deletion = Write::Delete { table: &API_KEYS, filters, must_exist: false };
    let length = deletion.url_length();
    assert!(length > 10_000);
    assert_eq!(write(deletion).asks()[0].len(), "DELETE ".len() + length);
}

#[test]
fn the_key_of_a_waiting_deletion_names_the_columns_that_select_its_row() {
    for filters in [vec![("id", "1")], vec![("user_id", "2")], vec![("user_id", "2"), ("workflow_id", "3")]] {
        let selected: Vec<_> = filters.iter().map(|(column, value)| (*column, (*value).to_owned())).collect();
        let filters = filters.iter().map(|(column, value)| is(column, value)).collect();
        let deletion = Write::Delete { table: &WORKFLOW_EXECUTIONS, filters, must_exist: false };
        let plan = deletion.plan::<Json>().expect("it can wait");
        assert_eq!(columns_of::<Json>(&WORKFLOW_EXECUTIONS, &plan.key), Some(selected));
    }
}
