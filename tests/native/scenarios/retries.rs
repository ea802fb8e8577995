//! Which errors are retried, when, and the final error.

use crate::support::client::id;
use crate::support::{Client, Fault, World};
use serde_json::json;
use workflow_db::error::Cause;

fn with_workflow() -> (World, Client, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    (world, ada, workflow)
}

/// The delays between the end of each failed attempt and the next request; an attempt takes 10 ms to fail.
fn waits(world: &World) -> Vec<f64> {
    let times: Vec<f64> = world.take_requests().iter().map(|request| request.at_ms).collect();
    times.windows(2).map(|pair| pair[1] - pair[0] - 10.0).collect()
}

#[test]
fn delays_are_between_half_and_all_of_the_doubling_backoff() {
    for (jitter, expected) in [(0.0, [50.0, 100.0, 200.0]), (1.0, [100.0, 200.0, 400.0])] {
        let (world, ada, workflow) = with_workflow();
        ada.sim().jitter.set(Some(jitter));
        ada.configure(|settings| settings.retry.max_attempts = 4);
        world.network().times(3, "GET workflows", Fault::LostBefore);
        ada.does("getWorkflow", json!([workflow]));
        assert_eq!(waits(&world), expected);
    }
}

#[test]
fn no_delay_exceeds_the_maximum() {
    let (world, ada, workflow) = with_workflow();
    ada.sim().jitter.set(Some(1.0));
    ada.configure(|settings| {
        settings.retry.max_attempts = 10;
        settings.retry.max_backoff_ms = 1_000.0;
    });
    world.network().times(9, "GET workflows", Fault::LostBefore);
    ada.does("getWorkflow", json!([workflow]));
    assert_eq!(waits(&world), [100.0, 200.0, 400.0, 800.0, 1_000.0, 1_000.0, 1_000.0, 1_000.0, 1_000.0]);
}

#[test]
fn retry_after_is_respected_up_to_a_minute() {
    for (seconds, code) in [(0, 503), (1, 429), (60, 503)] {
        let (world, ada, workflow) = with_workflow();
        ada.sim().jitter.set(Some(1.0));
        world.network().once("GET workflows", Fault::Gateway(code, Some(seconds)));
        ada.does("getWorkflow", json!([workflow]));
        // This fault includes a response, which takes another 10 ms.
        assert_eq!(waits(&world), [f64::from(seconds * 1_000).max(100.0) + 10.0]);
    }
}

#[test]
fn a_longer_retry_after_fails_at_once_with_its_own_code() {
    let (world, ada, workflow) = with_workflow();
    world.network().once("GET workflows", Fault::Gateway(429, Some(61)));
    let error = ada.call("getWorkflow", json!([workflow])).fails_with("UNKNOWN_ERROR");
    assert_eq!((error.status, error.attempts, error.retryable), (Some(429), 1, true));
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn after_the_last_attempt_the_error_contains_the_last_one() {
    let (world, ada, workflow) = with_workflow();
    world.network().times(2, "GET workflows", Fault::LostBefore);
    world.network().once("GET workflows", Fault::Refused(503, "53300"));
    let error = ada.call("getWorkflow", json!([workflow])).fails_with("RETRY_EXHAUSTED");
    assert_eq!((error.attempts, error.status), (3, Some(503)));
    match &error.cause {
        Some(Cause::Error(cause)) => assert_eq!(cause.code, "53300"),
        _ => panic!("no cause"),
    }
    assert_eq!(world.count_requests(), 3);
}

#[test]
fn with_one_attempt_the_original_error_is_reported() {
    for (fault, code) in [
        (Fault::LostBefore, "NETWORK"),
        (Fault::Truncated, "NETWORK"),
        (Fault::HangBefore, "TIMEOUT"),
        (Fault::Refused(503, "53300"), "53300"),
    ] {
        let (world, ada, workflow) = with_workflow();
        ada.configure(|settings| settings.retry.max_attempts = 1);
        world.network().once("GET workflows", fault);
        let error = ada.call("getWorkflow", json!([workflow])).fails_with(code);
        assert_eq!(error.attempts, 1);
        assert_eq!(world.count_requests(), 1);
    }
}

#[test]
fn transient_errors_are_retried() {
    let faults =
        [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524].map(|it| Fault::Gateway(it, None));
    let more = [
        Fault::LostBefore,
        Fault::HangBefore,
        Fault::Truncated,
        Fault::Refused(500, "40001"),
        Fault::Refused(500, "40P01"),
        Fault::Refused(503, "53300"),
    ];
    for fault in faults.into_iter().chain(more) {
        let (world, ada, workflow) = with_workflow();
        world.network().once("GET workflows", fault);
        assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
        assert_eq!(world.count_requests(), 2, "{fault:?}");
    }
}

#[test]
fn permanent_errors_are_reported_at_once() {
    for (status, code) in
        [(500, "57014"), (400, "22P02"), (403, "42501"), (404, "PGRST202"), (409, "23503"), (401, "PGRST302")]
    {
        let (world, ada, workflow) = with_workflow();
        world.network().once("PATCH workflows", Fault::Refused(status, code));
        let error = ada.call("updateWorkflow", json!([workflow, {"name": "B"}])).fails_with(code);
        assert_eq!((error.status, error.attempts), (Some(status), 1));
        assert_eq!(world.count_requests(), 1);
    }
}

#[test]
fn the_timeout_applies_per_attempt_and_can_be_set_for_a_call() {
    let (world, ada, workflow) = with_workflow();
    ada.sim().jitter.set(Some(1.0));
    world.network().times(3, "GET workflows", Fault::HangBefore);
    let options = crate::support::Options { timeout_ms: Some(200.0), ..Default::default() };
    let error = ada.call_with(options, "getWorkflow", json!([workflow])).fails_with("RETRY_EXHAUSTED");
    assert_eq!(error.attempts, 3);
    assert_eq!(world.now_ms(), 200.0 + 100.0 + 200.0 + 200.0 + 200.0);
    assert!(world.take_requests().iter().all(|request| request.is_aborted));
}

#[test]
fn messages_never_quote_a_value() {
    let (world, ada, workflow) = with_workflow();
    world.network().once("PATCH workflows", Fault::Refused(400, "22P02"));
    let error = ada.fails("updateWorkflow", json!([workflow, {"name": "B"}]));
    assert!(!error.message.contains("refused\""), "{error:?}");
    assert!(error.message.contains("22P02"));
}

#[test]
fn a_successful_response_without_the_expected_json_is_a_network_error() {
    for json in ["{}", "null", "7", "true", "\"ok\"", "[null]", "[[]]", "[{}, 7]"] {
        for (name, call) in [("GET", "getWorkflow"), ("PATCH", "updateWorkflow"), ("POST", "createWorkflow")]
        {
            let (world, ada, workflow) = with_workflow();
            let arguments = match call {
                "getWorkflow" => json!([workflow]),
                "updateWorkflow" => json!([workflow, {"name": "B"}]),
                _ => json!([ada.id(), {"name": "B"}]),
            };
            world.network().once(name, Fault::Replaced(200, json));
            assert!(!ada.does(call, arguments.clone()).is_null(), "{call} {json}");
            ada.configure(|settings| settings.retry.max_attempts = 1);
            world.network().once(name, Fault::Replaced(201, json));
            let fresh = crate::support::Options { fresh: true, ..Default::default() };
            let error = ada.call_with(fresh, call, arguments).fails_with("NETWORK");
            assert_eq!((error.status, error.retryable), (Some(201), true), "{call} {json}");
        }
    }
}

#[test]
fn a_database_function_returns_the_expected_type_or_fails() {
    let graph = json!([id("w"), {"nodes": [], "connections": []}]);
    for (call, arguments, wrong) in [
        ("saveWorkflowGraph", graph, vec!["[]", "\"ok\"", "null"]),
        ("createWorkflowFromTemplate", json!([id("u"), id("t")]), vec!["[]", "\"ok\""]),
        ("batchSaveWorkflows", json!([{"workflows": []}]), vec!["{}", "null", "\"ok\""]),
        ("batchSaveApiKeys", json!([{"keys": []}]), vec!["{}", "[7]"]),
        ("storeApiKey", json!([id("u"), "s", "secret"]), vec!["[]", "\"ok\""]),
        ("revealApiKey", json!([id("k")]), vec!["{}", "[]", "null", "7"]),
    ] {
        for json in wrong {
            let (world, ada, _) = with_workflow();
            ada.configure(|settings| settings.retry.max_attempts = 1);
            world.network().once("POST rpc/", Fault::Replaced(200, json));
            ada.call(call, arguments.clone()).fails_with("NETWORK");
        }
    }
}

#[test]
fn logs_tell_requests_apart_and_how_long_each_attempt_took() {
    let (world, ada, workflow) = with_workflow();
    world.pass(1_000.0);
    world.network().once("GET workflows", Fault::Gateway(503, None));
    world.network().slow("GET workflow_nodes", 30.0, 40.0);
    ada.does("getWorkflow", json!([workflow]));
    ada.does("getWorkflowNodes", json!([workflow]));
    let attempts = ada.sim().attempts.take();
    let [(first, 20.0), (again, 20.0), (second, 70.0)] = attempts[..] else { panic!("{attempts:?}") };
    assert_eq!(first, again);
    assert_ne!(first, second);
}
