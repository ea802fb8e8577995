//! The token provider's moods.

use crate::support::tokens::Answer;
use crate::support::{Client, World};
use serde_json::json;
use workflow_db::data::Data;
use workflow_db::error::Error;
use workflow_db::platform::Clock;

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

/// The auth library tells of the token that is current now.
fn tell(client: &Client) {
    client.engine.signed_in(Ok(client.tokens().current()));
}

#[test]
fn a_token_that_was_told_is_sent_without_asking() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().next(Answer::Hangs);
    tell(&ada);
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
    assert_eq!((ada.tokens().times_asked(), world.count_requests()), (0, 1));
}

#[test]
fn what_is_told_answers_those_who_wait_for_the_provider() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().next(Answer::Hangs);
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    tell(&ada);
    assert_eq!(read.value().text("name"), "A");
}

#[test]
fn what_is_told_settles_who_is_signed_in() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().next(Answer::Hangs);
    ada.engine.auth_changed();
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    assert!(!read.is_done());
    tell(&ada);
    assert_eq!(read.value().text("name"), "A");
    assert_eq!(world.now_ms().trunc(), 120.0, "without the timeout");
}

/// Claims of a token issued now, by the server's clock, with this lifetime in seconds.
fn issued(client: &Client, seconds: f64, ahead_ms: f64) -> serde_json::Value {
    let now = (client.sim().now().wall_ms - ahead_ms) / 1_000.0;
    json!({"sub": client.id(), "iat": now, "exp": now + seconds})
}

#[test]
fn a_token_that_was_told_counts_until_it_is_nearly_over_however_wrong_the_clock() {
    let hours = 3_600_000.0;
    for ahead_ms in [0.0, 2.0 * hours, -2.0 * hours] {
        let (world, ada, workflow) = with_workflow();
        ada.tokens().claim(issued(&ada, 3_600.0, ahead_ms));
        tell(&ada);
        world.pass(3_500_000.0);
        ada.does("getWorkflow", json!([workflow]));
        assert_eq!(ada.tokens().times_asked(), 0, "{ahead_ms}");
        world.pass(20_000.0);
        ada.does("getWorkflowNodes", json!([workflow]));
        assert_eq!(ada.tokens().times_asked(), 1, "{ahead_ms}");
    }
}

#[test]
fn a_token_that_is_told_again_is_no_younger() {
    let (world, ada, workflow) = with_workflow();
    // By a clock that is behind, its end is not known but from when it was told first.
    ada.tokens().claim(issued(&ada, 3_600.0, -7_200_000.0));
    tell(&ada);
    world.pass(3_000_000.0);
    tell(&ada);
    world.pass(601_000.0);
    ada.does("getWorkflow", json!([workflow]));
    assert_eq!(ada.tokens().times_asked(), 1);
}

#[test]
fn either_clock_ends_what_was_told() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().claim(issued(&ada, 3_600.0, 0.0));
    tell(&ada);
    // The machine sleeps for two hours: the monotonic clock stands still.
    world.pass(7_200_000.0);
    ada.sim().slept_ms.set(7_200_000.0);
    ada.does("getWorkflow", json!([workflow]));
    assert_eq!(ada.tokens().times_asked(), 1);
}

#[test]
fn a_renewal_that_takes_long_holds_nothing_up_while_the_token_is_good() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().claim(issued(&ada, 60.0, 0.0));
    tell(&ada);
    ada.tokens().next(Answer::Hangs);
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
    assert!(world.now_ms() < 1_000.0, "{}", world.now_ms());
}

#[test]
fn a_told_token_that_the_server_takes_for_expired_is_asked_for_again_and_the_provider_hears_which() {
    let (world, ada, workflow) = with_workflow();
    let expired = ada.tokens().current().expect("a token");
    tell(&ada);
    world.server().expire(&expired);
    ada.tokens().renew();
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
    assert_eq!((ada.tokens().rejected(), world.count_requests()), (vec![expired], 2));
}

#[test]
fn when_the_auth_library_tells_no_token_the_provider_is_asked() {
    let (_world, ada, workflow) = with_workflow();
    tell(&ada);
    ada.tokens().sign_in(None);
    tell(&ada);
    assert!(ada.does("getWorkflow", json!([workflow])).is_null());
    ada.tokens().sign_in(Some("ada"));
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
    assert_eq!(ada.tokens().times_asked(), 2);
}

#[test]
fn what_the_auth_library_tells_wrongly_empties_the_cache() {
    let (_world, ada, workflow) = with_workflow();
    ada.does("getWorkflow", json!([workflow]));
    ada.engine.signed_in(Err(Error::invalid("accessToken", "a string")));
    assert_eq!(ada.keys(), Vec::<String>::new());
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
}

#[test]
fn new_rights_of_the_same_user_empty_the_cache_and_end_nothing() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().claim(json!({"sub": ada.id(), "org": 1}));
    ada.does("getWorkflow", json!([workflow]));
    world.network().slow("GET workflow_nodes", 10.0, 500.0);
    let read = ada.call("getWorkflowNodes", json!([workflow]));
    world.pass(100.0);
    ada.tokens().claim(json!({"sub": ada.id(), "org": 2}));
    ada.engine.auth_changed();
    world.settle();
    assert_eq!(ada.keys(), Vec::<String>::new());
    assert!(read.value().is_empty());
    assert_eq!(ada.keys(), Vec::<String>::new(), "an answer for the old rights is not kept");
    assert_eq!(ada.take_events("user changed").len(), 0);
}
