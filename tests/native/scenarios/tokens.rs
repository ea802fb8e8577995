//! Token providers that hang, fail, return expired tokens or none.

use crate::support::tokens::Answer;
use crate::support::{Client, Options, World};
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
fn a_hanging_provider_counts_against_the_timeout() {
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
fn a_provider_that_hangs_once_is_called_again() {
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
fn a_token_is_decoded_once_for_all_requests_with_it() {
    let (_world, ada, workflow) = with_workflow();
    let fresh = Options { fresh: true, ..Options::default() };
    let read = || ada.call_with(fresh, "getWorkflow", json!([workflow])).value();
    read();
    let first = ada.tokens().times_decoded();
    for _ in 0..5 {
        read();
    }
    assert_eq!(ada.tokens().times_decoded(), first);
    ada.tokens().renew();
    read();
    assert_eq!(ada.tokens().times_decoded(), first + 1);
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
fn a_token_that_stays_expired_fails_after_one_renewal() {
    let (world, ada, workflow) = with_workflow();
    world.server().expire(&ada.tokens().current().expect("a token"));
    let error = ada.call("getWorkflow", json!([workflow])).fails_with("PGRST301");
    assert_eq!(error.status, Some(401));
    assert_eq!((ada.tokens().times_asked(), world.count_requests()), (2, 2));
}

#[test]
fn an_expired_token_does_not_count_as_an_attempt() {
    let (world, ada, workflow) = with_workflow();
    ada.configure(|settings| settings.retry.max_attempts = 1);
    world.server().expire(&ada.tokens().current().expect("a token"));
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(15.0);
    ada.tokens().renew();
    assert_eq!(read.value().text("name"), "A");
}

/// The auth library announces the current token.
fn tell(client: &Client) {
    client.engine.signed_in(Ok(client.tokens().current()));
}

#[test]
fn an_announced_token_is_sent_without_calling_the_provider() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().next(Answer::Hangs);
    tell(&ada);
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
    assert_eq!((ada.tokens().times_asked(), world.count_requests()), (0, 1));
}

#[test]
fn an_announced_token_resolves_calls_that_wait_for_the_provider() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().next(Answer::Hangs);
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    tell(&ada);
    assert_eq!(read.value().text("name"), "A");
}

#[test]
fn an_announced_token_settles_who_is_signed_in() {
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

/// Claims of a token issued now according to the server's clock, with this lifetime in seconds.
fn issued(client: &Client, seconds: f64, ahead_ms: f64) -> serde_json::Value {
    let now = (client.sim().now().wall_ms - ahead_ms) / 1_000.0;
    json!({"sub": client.id(), "iat": now, "exp": now + seconds})
}

#[test]
fn an_announced_token_is_used_until_shortly_before_it_expires_even_with_a_wrong_clock() {
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
fn a_token_that_is_announced_again_keeps_its_age() {
    let (world, ada, workflow) = with_workflow();
    // With a clock that is behind, the end of its validity counts from its first announcement.
    ada.tokens().claim(issued(&ada, 3_600.0, -7_200_000.0));
    tell(&ada);
    world.pass(3_000_000.0);
    tell(&ada);
    world.pass(601_000.0);
    ada.does("getWorkflow", json!([workflow]));
    assert_eq!(ada.tokens().times_asked(), 1);
}

#[test]
fn an_announced_token_expires_by_either_clock() {
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
fn a_slow_renewal_blocks_nothing_while_the_token_is_valid() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().claim(issued(&ada, 60.0, 0.0));
    tell(&ada);
    ada.tokens().next(Answer::Hangs);
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
    assert!(world.now_ms() < 1_000.0, "{}", world.now_ms());
}

#[test]
fn an_announced_token_rejected_by_the_server_is_requested_again_with_the_rejected_one() {
    let (world, ada, workflow) = with_workflow();
    let expired = ada.tokens().current().expect("a token");
    tell(&ada);
    world.server().expire(&expired);
    ada.tokens().renew();
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
    assert_eq!((ada.tokens().rejected(), world.count_requests()), (vec![expired], 2));
}

#[test]
fn the_provider_is_called_if_the_auth_library_announces_no_token() {
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
fn an_invalid_announcement_by_the_auth_library_empties_the_cache() {
    let (_world, ada, workflow) = with_workflow();
    ada.does("getWorkflow", json!([workflow]));
    ada.engine.signed_in(Err(Error::invalid("accessToken", "a string")));
    assert_eq!(ada.keys(), Vec::<String>::new());
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
}

#[test]
fn new_claims_of_the_same_user_empty_the_cache_but_abort_nothing() {
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

#[test]
fn a_token_that_expires_by_the_monotonic_clock_is_renewed_after_the_wall_clock_was_set_back() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().claim(issued(&ada, 3_600.0, 0.0));
    tell(&ada);
    world.pass(3_700_000.0);
    ada.sim().wall_skew_ms.set(-7_200_000.0);
    ada.does("getWorkflow", json!([workflow]));
    assert_eq!(ada.tokens().times_asked(), 1);
}

#[test]
fn a_token_is_renewed_from_ninety_seconds_before_its_end() {
    for (seconds, times_asked) in [(91.0, 0), (90.0, 1)] {
        let (_world, ada, workflow) = with_workflow();
        ada.tokens().claim(issued(&ada, seconds, 0.0));
        tell(&ada);
        ada.does("getWorkflow", json!([workflow]));
        assert_eq!(ada.tokens().times_asked(), times_asked, "{seconds} seconds before");
    }
}

#[test]
fn a_token_is_not_sent_at_the_moment_when_it_expires() {
    let (world, ada, workflow) = with_workflow();
    ada.tokens().claim(issued(&ada, 60.0, 0.0));
    tell(&ada);
    world.pass(60_000.0);
    ada.tokens().next(Answer::After(5_000.0));
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(4_000.0);
    assert_eq!(world.count_requests(), 0, "there is no valid token yet");
    assert_eq!(read.value().text("name"), "A");
}

#[test]
fn the_announced_token_is_not_trusted_after_a_possible_change_of_user() {
    let (world, ada, workflow) = with_workflow();
    world.signed_in("bob");
    tell(&ada);
    ada.does("getWorkflow", json!([workflow]));
    ada.switch_to(Some("bob"));
    assert!(ada.does("getWorkflow", json!([workflow])).is_null());
    assert_eq!(world.take_requests().pop().expect("a request").subject, ada.tokens().user());
}

#[test]
fn a_closed_client_forgets_its_user_and_token() {
    let (world, ada, workflow) = with_workflow();
    world.signed_in("bob");
    tell(&ada);
    ada.does("getWorkflow", json!([workflow]));
    ada.tokens().next(Answer::Hangs);
    ada.engine.auth_changed();
    world.pass(100.0);
    ada.engine.reset();
    assert_eq!(ada.engine.user_id(), None);
    ada.take_events("user changed");
    ada.tokens().sign_in(Some("bob"));
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(1_000.0);
    assert!(read.is_done(), "it does not wait for an answer that was meant for the closed client");
    assert_eq!(world.take_requests().pop().expect("a request").subject, ada.tokens().user());
    assert_eq!(ada.take_events("user changed").len(), 0, "no one was signed in");
}
