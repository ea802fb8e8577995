//! Error texts that do not come from the database are kept.

use crate::support::network::Fault;
use crate::support::World;
use serde_json::json;
use workflow_db::error::Error;

fn error_for(status: u16, body: &'static str) -> Error {
    let world = World::new();
    let ada = world.signed_in("ada");
    ada.configure(|settings| settings.retry.max_attempts = 1);
    world.network().once("GET", Fault::Replaced(status, body));
    ada.fails("getWorkflows", json!([ada.id()]))
}

#[test]
fn the_texts_of_an_error_without_a_code_become_its_details_and_hint() {
    for (body, details, hint) in [
        (
            r#"{"message": "Invalid API key", "hint": "Double check your API key."}"#,
            "Invalid API key",
            Some("Double check your API key."),
        ),
        (r#"{"message": "No API key found in request"}"#, "No API key found in request", None),
        (r#"{"code": 401, "msg": "Invalid JWT"}"#, "Invalid JWT", None),
        (r#"{"code": null, "message": "paused"}"#, "paused", None),
        (r#"{"error": "invalid_token", "error_description": "expired"}"#, "expired", None),
        (r#"{"error": "forbidden"}"#, "forbidden", None),
        (r#"{"error": {"message": "quota", "code": 429}}"#, "quota", None),
        (r#"{"title": "Gone", "detail": "The project is paused"}"#, "The project is paused", None),
        (r#"{"title": "Gone", "detail": ""}"#, "Gone", None),
        (r#""upstream connect error""#, "upstream connect error", None),
    ] {
        let error = error_for(401, body);
        assert_eq!((&*error.code, error.status), ("UNKNOWN_ERROR", Some(401)), "{body}");
        assert_eq!(error.message, "The server answered 401", "{body}");
        assert_eq!((error.details.as_deref(), error.hint.as_deref()), (Some(details), hint), "{body}");
    }
}

#[test]
fn an_error_without_text_has_no_details() {
    for body in
        ["{}", "[]", "null", "7", "\"\"", r#"{"message": null, "error": {}}"#, r#"{"message": {"a": 1}}"#]
    {
        let error = error_for(403, body);
        assert_eq!((error.details.as_deref(), error.hint.as_deref()), (None, None), "{body}");
    }
}

#[test]
fn an_error_text_is_truncated() {
    let body: &'static str = Box::leak(json!({"message": "ä".repeat(100_000)}).to_string().into_boxed_str());
    assert_eq!(error_for(403, body).details.as_ref().map(|text| text.chars().count()), Some(300));
}

#[test]
fn the_text_of_a_gateway_that_reports_success_is_kept() {
    let error = error_for(200, r#"{"message": "Quota exceeded"}"#);
    assert_eq!((&*error.code, error.details.as_deref()), ("NETWORK", Some("Quota exceeded")));
}

#[test]
fn a_redirect_is_neither_followed_nor_retried() {
    for status in [0, 301, 302, 303, 307, 308] {
        let error = error_for(status, "{}");
        assert_eq!((&*error.code, error.retryable, error.attempts), ("NETWORK", false, 1), "{status}");
        assert!(error.message.contains("redirects"), "{}", error.message);
        assert_eq!(error.status, (status > 0).then_some(status));
    }
}

#[test]
fn an_unfamiliar_3xx_status_is_reported_by_number() {
    for status in [300, 304] {
        let error = error_for(status, "");
        assert_eq!((&*error.code, error.status), ("UNKNOWN_ERROR", Some(status)));
        assert_eq!(error.message, format!("The server answered {status}"));
    }
}
