//! Requests, and what answers mean.

use crate::support::Json;
use serde_json::{json, Value};
use workflow_db::data::Form;
use workflow_db::error::{code, Error};
use workflow_db::query::{Query, Test};
use workflow_db::rest::{classify, Reply, Request, ResponseBody, NODES};
use workflow_db::tables::WORKFLOWS;

fn error_of(status: u16, body: Value) -> Error {
    let reply = Reply {
        status,
        content_range: None,
        retry_after_ms: None,
        body: ResponseBody::Data(Json::from(body)),
    };
    classify(reply, Form::Rows).err().expect("an error")
}

#[test]
fn reads_asked_together_are_counted() {
    let ids = ["1", "2", "3"].map(str::to_owned).to_vec();
    assert_eq!(Request::select(&Query::of(&WORKFLOWS).filter("id", Test::In(ids)), "*").reads, 3);
    assert_eq!(Request::select(&Query::of(&WORKFLOWS), "*").reads, 1);
}

#[test]
fn a_list_from_its_beginning_names_no_offset() {
    let path = |offset| Request::select(&Query::of(&WORKFLOWS).page(10, offset), "*").path;
    assert!(!path(0).contains("offset"));
    assert!(path(1).ends_with("&offset=1"));
}

#[test]
fn a_range_that_is_refused_without_a_total_is_an_error() {
    assert_eq!(error_of(416, json!({"code": "PGRST103", "message": "m"})).status, Some(416));
}

#[test]
fn the_package_s_own_database_functions_choose_the_code() {
    for (raised, expected) in
        [("PT404", code::NOT_FOUND), ("PT409", code::CONFLICT), ("PT400", code::INVALID_INPUT)]
    {
        assert_eq!(error_of(400, json!({"code": raised, "message": "m"})).code, expected);
    }
}

#[test]
fn the_server_s_text_is_kept_unless_it_quotes_values() {
    let error = |code: &str| error_of(400, json!({"code": code, "message": "said", "hint": "try"}));
    let plain = error("42501");
    assert_eq!((plain.message.as_ref(), plain.hint.as_deref()), ("said", Some("try")));
    for code in ["22P02", "P0001", "PGRST100"] {
        let quoting = error(code);
        assert!(!quoting.message.contains("said"), "{code}");
        assert_eq!(quoting.hint, None, "{code}");
    }
}

#[test]
fn a_text_that_quotes_values_is_in_the_details_where_there_are_no_others() {
    let details = |details: Option<&str>| {
        error_of(400, json!({"code": "P0001", "message": "said", "details": details})).details.clone()
    };
    assert_eq!(details(None).as_deref(), Some("said"));
    assert_eq!(details(Some("more")).as_deref(), Some("more"));
}

#[test]
fn the_database_s_code_decides_whether_to_retry_whatever_the_status() {
    let is_retryable = |status, code: &str| error_of(status, json!({"code": code, "message": "m"})).retryable;
    for code in ["40001", "40P01", "53300"] {
        assert!(is_retryable(400, code), "{code}");
    }
    assert!(!is_retryable(500, "57014"));
    assert!(is_retryable(500, "XX000"));
    assert!(!is_retryable(400, "XX000"));
}

#[test]
fn the_number_of_embedded_rows_is_believed_when_it_can_count_them() {
    let counted = |count: Value| {
        let workflow = json!({"nodes": [{"id": "a"}, {"id": "b"}], "node_count": [{"count": count}]});
        NODES.of(&Json::from(workflow)).expect("the rows").1
    };
    for count in [2, 3, u32::MAX] {
        assert_eq!(counted(json!(count)), Some(count));
    }
    for count in [json!(1), json!(-1), json!(2.5), json!(4_294_967_296_u64), json!("2"), Value::Null] {
        assert_eq!(counted(count.clone()), None, "{count}");
    }
    let rows = json!([{"id": "a"}]);
    for workflow in [json!({"nodes": rows, "node_count": []}), json!({"nodes": rows})] {
        assert_eq!(NODES.of(&Json::from(workflow)).expect("the rows").1, None);
    }
    assert!(NODES.of(&Json::from(json!({"node_count": [{"count": 0}]}))).is_none());
}
