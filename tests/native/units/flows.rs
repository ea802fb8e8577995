//! Flows, driven by hand: their requests and their results.

use crate::support::client::id;
use crate::support::Json;
use serde_json::{json, Value};
use workflow_db::data::Data;
use workflow_db::error::{code, Error};
use workflow_db::flows::{
    Answered, Batch, Condition, DatabaseFunction, Flow, FunctionCall, Load, LoadFlow, Loaded, Lookup,
    ScopeFlow, Step, Write, WriteFlow, Written,
};
use workflow_db::query::{Cursor, Query, Test};
use workflow_db::rest::{Answer, Request};
use workflow_db::subscriptions::Extent;
use workflow_db::tables::{AUDIT_LOGS, WORKFLOWS, WORKFLOW_NODES};

/// A flow in progress.
struct Run<F: Flow<Json>> {
    flow: F,
    step: Step<F::Output>,
}

impl<F: Flow<Json>> Run<F> {
    fn of(mut flow: F) -> Self {
        let step = flow.start();
        Self { flow, step }
    }

    /// The current requests as `METHOD path`.
    fn asks(&self) -> Vec<String> {
        let line = |request: &Request| format!("{} {}", request.method.as_str(), request.path);
        match &self.step {
            Step::Ask(request) => vec![line(request)],
            Step::AskBoth(first, second) => vec![line(first), line(second)],
            Step::Done(_) => Vec::new(),
        }
    }

    fn answer(&mut self, answer: Answered<Json>) -> &mut Self {
        assert_eq!(self.asks().len(), 1, "one request is asked for");
        self.step = self.flow.answered(answer, None);
        self
    }

    #[track_caller]
    fn end(self) -> Result<F::Output, Error> {
        match self.step {
            Step::Done(outcome) => outcome,
            _ => panic!("it is not over: {:?}", self.asks()),
        }
    }
}

fn rows(rows: &Value) -> Answered<Json> {
    counted(rows, None)
}

/// A response with the total number of matching rows.
fn counted(rows: &Value, total: impl Into<Option<u32>>) -> Answered<Json> {
    let answer = Answer { rows: Json::from(rows), total: total.into(), offset: None, status: 200 };
    Answered { outcome: Ok(answer), attempts: 1, user_id: None }
}

fn error(code: &'static str, attempts: u32) -> Answered<Json> {
    let error = Error::new(code, "refused").after(attempts);
    Answered { outcome: Err(error), attempts: 0, user_id: None }
}

/// Workflows in order of creation, with the numbers as seconds.
fn workflows(numbers: std::ops::Range<u32>) -> Value {
    let row = |number: u32| json!({"id": id(&format!("w{number:03}")), "created_at": format!("2024-01-01T00:00:{number:02}")});
    numbers.map(row).collect()
}

fn list(query: Query) -> Run<LoadFlow<Json>> {
    Run::of(LoadFlow::new(Load::List(query)).expect("a list is no lookup"))
}

fn entry(loaded: Option<Loaded<Json>>) -> Json {
    match loaded {
        Some(Loaded::Entry(data, _)) => data,
        _ => panic!("no entry"),
    }
}

#[test]
fn a_truncated_list_continues_after_its_last_row() {
    let mut run = list(Query::of(&WORKFLOWS));
    run.answer(counted(&workflows(0..2), 5));
    let [next] = &run.asks()[..] else { panic!("one request") };
    assert!(next.contains("00:01"), "it begins after the second row: {next}");
    run.answer(counted(&workflows(2..5), 3));
    assert_eq!(run.end().map(entry).expect("a list").ids().len(), 5);
}

#[test]
fn a_list_without_a_count_ends_with_an_empty_response() {
    let mut run = list(Query::of(&WORKFLOWS));
    run.answer(rows(&workflows(0..2)));
    run.answer(rows(&json!([])));
    assert_eq!(run.end().map(entry).expect("a list").ids().len(), 2);
}

#[test]
fn a_list_without_a_count_in_several_responses_is_read_again_by_id() {
    let mut run = list(Query::of(&WORKFLOWS));
    run.answer(rows(&workflows(0..2))).answer(rows(&workflows(2..3))).answer(rows(&json!([])));
    assert!(run.asks()[0].contains("order=id.asc"), "rows may have moved meanwhile: {:?}", run.asks());
}

#[test]
fn a_list_that_missed_a_row_is_read_again_by_id_and_sorted() {
    let mut run = list(Query::of(&WORKFLOWS));
    run.answer(counted(&workflows(0..2), 4)).answer(counted(&workflows(3..4), 1));
    assert!(run.asks()[0].contains("order=id.asc"));
    let mut by_id: Vec<_> = workflows(0..4).as_array().expect("rows").clone();
    by_id.sort_by_key(|row| row["id"].to_string());
    run.answer(counted(&Value::from(by_id), 4));
    let whole = run.end().map(entry).expect("a list");
    assert_eq!(whole.ids(), Json::from(workflows(0..4)).ids());
}

#[test]
fn a_repeated_response_of_a_list_is_an_error() {
    let mut run = list(Query::of(&WORKFLOWS));
    run.answer(counted(&workflows(0..2), 4)).answer(counted(&workflows(0..2), 2));
    assert_eq!(run.end().err().expect("an error").code, code::NETWORK);
}

#[test]
fn a_later_page_requests_its_rows_and_the_total_at_once() {
    let query = Query::of(&WORKFLOWS).page(2, 0);
    let place = query.position_of(&Json::from(workflows(1..2)).item(0));
    let load = Load::CursorPage(query, Cursor::after(place), "key".to_owned());
    let mut run = Run::of(LoadFlow::new(load).expect("a page is no lookup"));
    assert_eq!(run.asks().len(), 2);
    run.step = run.flow.answered(counted(&workflows(2..4), 3), Some(counted(&json!([]), 5)));
    let page = run.end().map(entry).expect("a page").to_value();
    assert_eq!((&page["total"], &page["hasMore"]), (&json!(5), &json!(true)));
    assert!(page["prevCursor"].is_string() && page["nextCursor"].is_string());
}

#[test]
fn a_page_without_a_count_is_an_error() {
    let load = Load::Page(Query::of(&WORKFLOWS).page(2, 0));
    let mut run = Run::of(LoadFlow::new(load).expect("a page is no lookup"));
    run.answer(rows(&workflows(0..2)));
    assert_eq!(run.end().err().expect("an error").code, code::NETWORK);
}

#[test]
fn a_workflow_with_truncated_nodes_reads_the_rest() {
    let workflow = id("w");
    let mut run = Run::of(LoadFlow::new(Load::Relations(workflow.clone())).expect("no lookup"));
    let nodes = workflows(0..1);
    run.answer(rows(&json!([{"id": workflow, "nodes": nodes, "connections": [],
        "node_count": [{"count": 2}], "connection_count": [{"count": 0}]}])));
    assert!(run.asks()[0].starts_with("GET workflow_nodes?"));
    run.answer(counted(&workflows(1..2), 1));
    let Ok(Some(Loaded::Parts(parts))) = run.end() else { panic!("no parts") };
    assert_eq!((parts.nodes.ids().len(), parts.connections.ids().len()), (2, 0));
    assert_eq!(parts.workflow.to_value(), json!({"id": workflow}));
}

fn lookup() -> Lookup {
    Lookup { table: &WORKFLOW_NODES, column: "workflow_id", value: "a".to_owned(), within: Vec::new() }
}

#[test]
fn a_batch_that_fails_because_of_one_member_is_halved_until_that_member_is_alone() {
    let members = ["a", "b", "c"].map(str::to_owned).to_vec();
    let mut run = Run::of(Batch::new(lookup(), members));
    run.answer(error("22P02", 1));
    assert!(run.asks()[0].contains("workflow_id=eq.a"));
    run.answer(counted(&json!([]), 0)).answer(error("22P02", 1));
    run.answer(error("22P02", 1)).answer(counted(&json!([]), 0));
    let answers = run.end().expect("an answer for each");
    let failed: Vec<bool> = answers.iter().map(Result::is_err).collect();
    assert_eq!(failed, [false, true, false]);
}

#[test]
fn an_error_not_caused_by_a_row_fails_every_member() {
    let mut run = Run::of(Batch::new(lookup(), ["a", "b"].map(str::to_owned).to_vec()));
    run.answer(error("42501", 1));
    assert!(run.end().expect("an answer for each").iter().all(Result::is_err));
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
