//! Requests, and the interpretation of responses.

use crate::support::Json;
use serde_json::{json, Value};
use workflow_db::api::{operation, Argument, Call, Operation};
use workflow_db::data::Form;
use workflow_db::data::Value as Plain;
use workflow_db::error::{code, Error};
use workflow_db::query::{Query, Test};
use workflow_db::rest::{classify, Method, Reply, Request, ResponseBody, NODES};
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
fn batched_reads_are_counted() {
    let ids = ["1", "2", "3"].map(str::to_owned).to_vec();
    assert_eq!(Request::select(&Query::of(&WORKFLOWS).filter("id", Test::In(ids)), "*").reads, 3);
    assert_eq!(Request::select(&Query::of(&WORKFLOWS), "*").reads, 1);
}

#[test]
fn a_list_from_its_start_has_no_offset() {
    let path = |offset| Request::select(&Query::of(&WORKFLOWS).page(10, offset), "*").path;
    assert!(!path(0).contains("offset"));
    assert!(path(1).ends_with("&offset=1"));
}

#[test]
fn a_refused_range_without_a_total_is_an_error() {
    assert_eq!(error_of(416, json!({"code": "PGRST103", "message": "m"})).status, Some(416));
}

#[test]
fn the_package_s_database_functions_choose_the_error_code() {
    for (raised, expected) in
        [("PT404", code::NOT_FOUND), ("PT409", code::CONFLICT), ("PT400", code::INVALID_INPUT)]
    {
        assert_eq!(error_of(400, json!({"code": raised, "message": "m"})).code, expected);
    }
}

#[test]
fn the_server_s_message_is_kept_unless_it_quotes_values() {
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
fn a_message_that_quotes_values_becomes_the_details_if_there_are_none() {
    let details = |details: Option<&str>| {
        error_of(400, json!({"code": "P0001", "message": "said", "details": details})).details.clone()
    };
    assert_eq!(details(None).as_deref(), Some("said"));
    assert_eq!(details(Some("more")).as_deref(), Some("more"));
}

#[test]
fn the_database_s_error_code_decides_about_retries_regardless_of_the_status() {
    let is_retryable = |status, code: &str| error_of(status, json!({"code": code, "message": "m"})).retryable;
    for code in ["40001", "40P01", "53300"] {
        assert!(is_retryable(400, code), "{code}");
    }
    assert!(!is_retryable(500, "57014"));
    assert!(is_retryable(500, "XX000"));
    assert!(!is_retryable(400, "XX000"));
}

#[test]
fn the_count_of_embedded_rows_is_used_only_if_it_is_plausible() {
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

/// The request of a `callService` call, or why it is refused.
fn service_request(service: &str, path: &str, method: Plain, has_body: bool) -> Result<Request, String> {
    let texts = [service, path].map(|text| Plain::Text(text.to_owned()));
    let values = texts.into_iter().chain([method, Plain::Bool(has_body)]);
    let arguments = values.map(Argument::Value).collect();
    match operation("callService", &Call { arguments, uuid: &String::new, base_url_length: 40 }) {
        Ok(Operation::Service(request)) => Ok(request),
        Ok(_) => panic!("another operation"),
        Err(error) => Err(error.message.to_string()),
    }
}

#[test]
fn a_service_call_sends_path_and_query_unchanged() {
    for (path, below) in [
        ("v1/models", "openai/v1/models"),
        ("/v1/models", "openai/v1/models"),
        ("v1/files/", "openai/v1/files/"),
        ("a.b/...c/~d?x=../..//&y=%2F#".trim_end_matches('#'), "openai/a.b/...c/~d?x=../..//&y=%2F"),
    ] {
        assert_eq!(service_request("openai", path, Plain::Absent, false).expect(path).path, below);
    }
}

#[test]
fn an_ambiguous_path_is_refused() {
    for path in [
        "", "..", ".", "a/..", "../a", "a/./b", "%2e%2e/a", "a/%2E/b", "a%2fb", "a%5Cb", "a%252e", "a%00",
        "a\\b", "//a", "a//b", "a#b", "a b", "a\tb", "\u{e4}", ".\t./a",
    ] {
        let refused = service_request("openai", path, Plain::Absent, false).err();
        assert!(refused.is_some_and(|message| message.starts_with("path: expected ")), "{path:?}");
    }
    for service in ["", "..", "a/b", "a?b", "a%41", "\u{e4}"] {
        let refused = service_request(service, "x", Plain::Absent, false).err();
        assert!(refused.is_some_and(|message| message.starts_with("service: expected ")), "{service:?}");
    }
    let long = "x".repeat(8_000);
    assert!(service_request("openai", &long, Plain::Absent, false).is_err());
}

#[test]
fn the_method_of_a_service_call_defaults_according_to_its_body() {
    let method = |given: Option<&str>, has_body| {
        let given = given.map_or(Plain::Absent, |name| Plain::Text(name.to_owned()));
        service_request("openai", "x", given, has_body).map(|request| request.method)
    };
    assert_eq!(method(None, false), Ok(Method::Get));
    assert_eq!(method(None, true), Ok(Method::Post));
    assert_eq!(method(Some("delete"), false), Ok(Method::Delete));
    assert_eq!(method(Some("POST"), false), Ok(Method::Post));
    assert_eq!(method(Some("PATCH"), true), Ok(Method::Patch));
    for refused in [method(Some("TRACE"), false), method(Some(""), false), method(Some("GET"), true)] {
        assert!(refused.is_err_and(|message| message.starts_with("init.")));
    }
}

#[test]
fn a_request_that_may_have_reached_a_service_is_retried_only_if_its_method_is_idempotent() {
    let unclear = [
        Error::timeout(),
        Error::network("gone", None, None),
        error_of(502, json!({"code": "SERVICE_UNREACHABLE"})),
    ];
    let refused =
        [error_of(429, json!({"code": "RATE_LIMITED"})), error_of(503, json!({"code": "RELAY_UNAVAILABLE"}))];
    let request =
        |method, service_call| Request { service_call, ..Request::service(method, "a/b".to_owned()) };
    for method in [Method::Get, Method::Head, Method::Put, Method::Delete] {
        let mut errors = unclear.iter().chain(&refused);
        assert!(errors.all(|error| request(method, Some(1)).may_be_repeated_after(error)));
    }
    for method in [Method::Post, Method::Patch] {
        assert!(!unclear.iter().any(|error| request(method, Some(1)).may_be_repeated_after(error)));
        assert!(refused.iter().all(|error| request(method, Some(1)).may_be_repeated_after(error)));
        assert!(
            unclear.iter().all(|error| request(method, None).may_be_repeated_after(error)),
            "the database's own"
        );
    }
}

#[test]
fn the_response_of_a_service_is_returned_with_any_status() {
    for status in [200, 304, 401, 404, 429, 500, 503] {
        let body = ResponseBody::Service(Json::from(json!({"code": "PT404"})));
        let reply = Reply { status, content_range: None, retry_after_ms: Some(1.0), body };
        assert_eq!(classify(reply, Form::Text).expect("an answer").status, status);
    }
}

/// What `PostgREST` answers if Postgres ends a connection during a statement.
#[test]
fn a_request_is_repeated_if_the_database_broke_the_connection() {
    let broken = json!({"code": "", "message": "", "details": null, "hint": null});
    assert!(error_of(400, broken).retryable);
    assert!(!error_of(400, json!({"code": null, "message": "no"})).retryable);
    assert!(!error_of(400, json!({"code": "42P01", "message": "no"})).retryable);
}
