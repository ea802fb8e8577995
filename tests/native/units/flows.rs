//! The flows of reads, driven by hand: their requests and their results.

use crate::support::client::id;
use crate::support::Json;
use serde_json::{json, Value};
use workflow_db::data::Data;
use workflow_db::error::{code, Error, Report};
use workflow_db::flows::{url_length, Answered, Batch, Flow, Load, LoadFlow, Loaded, Lookup, Step};
use workflow_db::query::{Cursor, Query, Test};
use workflow_db::rest::{Answer, Request};
use workflow_db::tables::{WORKFLOWS, WORKFLOW_NODES};

/// A flow in progress.
pub struct Run<F: Flow<Json>> {
    pub flow: F,
    pub step: Step<F::Output>,
}

impl<F: Flow<Json>> Run<F> {
    pub fn of(mut flow: F) -> Self {
        let step = flow.start();
        Self { flow, step }
    }

    /// The current requests as `METHOD path`.
    pub fn asks(&self) -> Vec<String> {
        let line = |request: &Request| format!("{} {}", request.method.as_str(), request.path);
        match &self.step {
            Step::Ask(request) => vec![line(request)],
            Step::AskBoth(first, second) => vec![line(first), line(second)],
            Step::Done(_) => Vec::new(),
        }
    }

    pub fn answer(&mut self, answer: Answered<Json>) -> &mut Self {
        assert_eq!(self.asks().len(), 1, "one request is asked for");
        self.step = self.flow.answered(answer, None);
        self
    }

    #[track_caller]
    pub fn end(self) -> Result<F::Output, Error> {
        match self.step {
            Step::Done(outcome) => outcome,
            _ => panic!("it is not over: {:?}", self.asks()),
        }
    }
}

pub fn rows(rows: &Value) -> Answered<Json> {
    counted(rows, None)
}

/// A response with the total number of matching rows.
pub fn counted(rows: &Value, total: impl Into<Option<u32>>) -> Answered<Json> {
    let answer = Answer { rows: Json::from(rows), total: total.into(), offset: None, status: 200 };
    Answered { outcome: Ok(answer), attempts: 1, user_id: None }
}

pub fn error(code: &'static str, attempts: u32) -> Answered<Json> {
    let error = Error::new(code, "refused").after(attempts);
    Answered { outcome: Err(error), attempts: 0, user_id: None }
}

/// Workflows in order of creation, with the numbers as seconds.
pub fn workflows(numbers: std::ops::Range<u32>) -> Value {
    let row = |number: u32| json!({"id": id(&format!("w{number:03}")), "created_at": format!("2024-01-01T00:00:{number:02}")});
    numbers.map(row).collect()
}

/// A failed request with an HTTP status.
fn status(status: u16) -> Answered<Json> {
    let error = Report { status: Some(status), attempts: 1, ..Report::new("PGRST103", "refused") };
    Answered { outcome: Err(error.into()), attempts: 1, user_id: None }
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
    assert!(run.asks()[0].contains("order=id.asc"), "rows may have moved in the meantime: {:?}", run.asks());
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
fn a_list_whose_offset_is_past_the_last_row_is_empty() {
    let mut run = list(Query::of(&WORKFLOWS).page(10, 20));
    run.answer(status(416));
    assert_eq!(run.end().map(entry).expect("a list").ids().len(), 0);
}

#[test]
fn no_other_refusal_makes_a_list_empty() {
    for (offset, refusal) in [(20, 403), (0, 416)] {
        let mut run = list(Query::of(&WORKFLOWS).page(10, offset));
        run.answer(status(refusal));
        assert_eq!(run.end().err().expect("an error").status, Some(refusal));
    }
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
fn the_page_before_leads_back_to_the_page_that_it_was_requested_from() {
    let query = Query::of(&WORKFLOWS).page(2, 0);
    let page_at = |cursor: Cursor, rows: &Value, following: u32| {
        let load = Load::CursorPage(query.clone(), cursor, "key".to_owned());
        let mut run = Run::of(LoadFlow::new(load).expect("a page is no lookup"));
        run.step = run.flow.answered(counted(rows, following), Some(counted(&json!([]), 5)));
        run.end().map(entry).expect("a page").to_value()
    };
    let place = query.position_of(&Json::from(workflows(2..3)).item(0));
    let page = page_at(Cursor::after(place), &workflows(3..5), 2);
    let back = page["prevCursor"].as_str().expect("a cursor");
    for (following, has_previous) in [(3, true), (2, false)] {
        let cursor = Cursor::parse(back, "key", &query).expect("a cursor");
        // The rows come from the cursor backwards.
        let mut rows = workflows(1..3);
        rows.as_array_mut().expect("rows").reverse();
        let before = page_at(cursor, &rows, following);
        assert_eq!(before["data"], workflows(1..3));
        assert!(before["nextCursor"].is_string() && before["hasMore"] == json!(true));
        assert_eq!(before["prevCursor"].is_string(), has_previous);
    }
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

/// Servers refuse URLs that are too long, so a batch must not underestimate its own.
#[test]
fn a_value_in_a_url_never_takes_more_bytes_than_a_batch_plans_for() {
    let length = |values: &[&str]| {
        let members = values.iter().map(|value| (*value).to_owned()).collect();
        Request::select(&Query::of(&WORKFLOWS).filter("name", Test::In(members)), "*").path.len()
    };
    for value in ["a", "6f1a-9", "a b", "é", "\u{1f600}", "%", ",)", "..", "\n\n"] {
        let taken = length(&["x", value]) - length(&["x"]);
        assert!(taken <= url_length(value), "{value:?} takes {taken}");
    }
    // Most values are ids, of which as many as possible share a request.
    assert_eq!(length(&["x", "6f1a-9"]) - length(&["x"]), url_length("6f1a-9"));
}

#[test]
fn an_error_not_caused_by_a_row_fails_every_member() {
    let mut run = Run::of(Batch::new(lookup(), ["a", "b"].map(str::to_owned).to_vec()));
    run.answer(error("42501", 1));
    assert!(run.end().expect("an answer for each").iter().all(Result::is_err));
}
