//! The token provider's moods.

use crate::support::tokens::Answer;
use crate::support::{Client, World};
use serde_json::json;

fn with_workflow() -> (World, Client, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    (world, ada, workflow)
}

#[test]
fn a_hung_provider_counts_against_the_timeout() {
    let (world, ada, workflow) = with_workflow();
    for _ in 0..3 {
        ada.tokens().next(Answer::Hangs);
    }
    let error = ada.call("getWorkflow", json!([workflow])).fails_with("RETRY_EXHAUSTED");
    assert_eq!(error.attempts, 3);
    assert!((45_000.0..46_000.0).contains(&world.now_ms()));
    assert_eq!(world.count_requests(), 0);
}

#[test]
fn a_provider_that_hangs_once_is_asked_again() {
    let (_world, ada, workflow) = with_workflow();
    ada.tokens().next(Answer::Hangs);
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
}

#[test]
fn a_provider_that_throws_rejects_the_call() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().next(Answer::Throws);
    ada.call("getWorkflow", json!([workflow])).fails_with("UNKNOWN_ERROR");
    assert_eq!(world.count_requests(), 0);
}

#[test]
fn without_a_token_the_call_is_anonymous() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().sign_in(None);
    assert!(ada.does("getWorkflow", json!([workflow])).is_null());
    assert_eq!(world.take_requests()[0].subject, None);
    let error = ada.fails("createWorkflow", json!([crate::support::client::id("ada"), {"name": "B"}]));
    assert_eq!((error.code.as_ref(), error.status), ("42501", Some(401)));
}

#[test]
fn an_expired_token_is_renewed_once() {
    let (world, ada, workflow) = with_workflow();
    let expired = ada.tokens().current().expect("a token");
    world.server().expire(&expired);
    // The provider renews as soon as it is asked again.
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(15.0);
    ada.tokens().renew();
    assert_eq!(read.value().text("name"), "A");
    assert_eq!(ada.tokens().times_asked(), 2);
    assert_eq!(world.count_requests(), 2);
}

#[test]
fn a_token_that_stays_expired_is_an_error_after_one_renewal() {
    let (world, ada, workflow) = with_workflow();
    world.server().expire(&ada.tokens().current().expect("a token"));
    let error = ada.call("getWorkflow", json!([workflow])).fails_with("PGRST301");
    assert_eq!(error.status, Some(401));
    assert_eq!((ada.tokens().times_asked(), world.count_requests()), (2, 2));
}

#[test]
fn an_expired_token_does_not_use_up_an_attempt() {
    let (world, ada, workflow) = with_workflow();
    ada.configure(|settings| settings.retry.max_attempts = 1);
    world.server().expire(&ada.tokens().current().expect("a token"));
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(15.0);
    ada.tokens().renew();
    assert_eq!(read.value().text("name"), "A");
}
