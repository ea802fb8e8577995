//! A different user signs in.

use crate::support::tokens::Answer;
use crate::support::world::Seen;
use crate::support::{Client, Options, World};
use serde_json::json;
use workflow_db::data::Data;

fn with_workflow() -> (World, Client, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    (world, ada, workflow)
}

#[test]
fn a_sent_read_of_the_old_user_is_aborted_and_leaves_nothing() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = client.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    client.switch_to(Some("bob"));
    read.fails_with("ABORTED");
    assert_eq!(world.now_ms(), 100.0, "at once");
    world.quiesce();
    assert_eq!(client.keys(), Vec::<String>::new());
    assert!(world.take_requests()[0].is_aborted);
}

#[test]
fn an_unsent_read_continues_as_the_new_user() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    client.does("getWorkflow", json!([workflow]));
    client.tokens().next(Answer::After(300.0));
    world.take_requests();
    let read = client.call("getWorkflows", json!([client.id()]));
    world.pass(100.0);
    client.switch_to(Some("bob"));
    // Bob requests Ada's list, and may see nothing in it.
    assert!(read.value().is_empty());
    assert_eq!(read.delivered_to(), client.tokens().user());
    let asked_as: Vec<Option<String>> =
        world.take_requests().into_iter().map(|request| request.subject).collect();
    assert!(asked_as.iter().all(|subject| *subject == client.tokens().user()), "{asked_as:?}");
}

#[test]
fn an_unsent_write_continues_as_the_new_user_unless_it_belongs_to_the_old_one() {
    for is_of_user in [false, true] {
        let (world, client, workflow) = with_workflow();
        world.signed_in("bob");
        client.does("getWorkflow", json!([workflow]));
        client.tokens().next(Answer::After(300.0));
        world.take_requests();
        let options = Options { is_of_user, ..Options::default() };
        let write = client.call_with(options, "updateWorkflow", json!([workflow, {"name": "B"}]));
        world.pass(100.0);
        client.switch_to(Some("bob"));
        write.fails_with(if is_of_user { "ABORTED" } else { "NOT_FOUND" });
        world.quiesce();
        let is_write = |request: &&Seen| request.line.starts_with("PATCH");
        assert_eq!(world.take_requests().iter().filter(is_write).count(), usize::from(!is_of_user));
    }
}

#[test]
fn a_sent_write_of_the_old_user_is_aborted() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    world.network().slow("PATCH workflows", 10.0, 500.0);
    let write = client.call("updateWorkflow", json!([workflow, {"name": "B"}]));
    world.pass(100.0);
    client.switch_to(Some("bob"));
    write.fails_with("ABORTED");
    world.quiesce();
    assert_eq!(client.keys(), Vec::<String>::new());
}

#[test]
fn a_retry_never_runs_as_another_user() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    world.network().once("PATCH workflows", crate::support::Fault::Gateway(503, Some(5)));
    let write = client.call("updateWorkflow", json!([workflow, {"name": "B"}]));
    world.pass(1_000.0);
    // The application does not announce the change: the library notices the new user when the retry needs a token.
    client.tokens().sign_in(Some("bob"));
    write.fails_with("ABORTED");
    world.quiesce();
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn all_cached_rows_of_the_previous_user_are_dropped_at_once() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    client.does("getWorkflow", json!([workflow]));
    client.does("getWorkflows", json!([client.id()]));
    client.does("getWorkflowWithRelations", json!([workflow]));
    client.switch_to(Some("bob"));
    assert_eq!(client.mirror().keys(), Vec::<String>::new(), "before anybody knows who it is");
    assert!(client.engine.cached(&format!("workflow:{workflow}")).is_none());
    world.settle();
    assert_eq!(client.keys(), Vec::<String>::new());
    assert!(client.does("getWorkflow", json!([workflow])).is_null());
    assert_eq!(client.take_events("user changed").len(), 1);
}

#[test]
fn signing_out_drops_the_cache_too() {
    let (world, client, workflow) = with_workflow();
    client.does("getWorkflow", json!([workflow]));
    client.switch_to(None);
    world.settle();
    assert_eq!(client.keys(), Vec::<String>::new());
    assert!(client.does("getWorkflow", json!([workflow])).is_null());
}

#[test]
fn an_unannounced_change_of_user_is_noticed_with_the_next_token() {
    let (world, client, workflow) = with_workflow();
    let bob = world.signed_in("bob").id();
    client.does("getWorkflow", json!([workflow]));
    client.tokens().sign_in(Some("bob"));
    assert!(client.does("getWorkflows", json!([bob])).is_empty());
    assert_eq!(client.keys(), [format!("workflows:{bob}")]);
}

#[test]
fn auth_changed_with_the_same_user_keeps_the_cache() {
    let (world, client, workflow) = with_workflow();
    let before = client.does("getWorkflow", json!([workflow]));
    world.take_requests();
    client.tokens().renew();
    client.engine.auth_changed();
    let after = client.does("getWorkflow", json!([workflow]));
    assert!(before.is_same(&after));
    assert_eq!(world.count_requests(), 0);
    assert_eq!(client.mirror().keys(), client.keys(), "hits are answered outside again");
}

#[test]
fn a_read_in_flight_survives_a_renewed_token() {
    let (world, client, workflow) = with_workflow();
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = client.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    client.tokens().renew();
    client.engine.auth_changed();
    assert_eq!(read.value().text("name"), "A");
    assert_eq!(client.keys(), [format!("workflow:{workflow}")]);
}

#[test]
fn nothing_is_answered_while_the_user_is_unknown() {
    let (world, client, workflow) = with_workflow();
    client.does("getWorkflow", json!([workflow]));
    client.tokens().next(Answer::After(1_000.0));
    client.engine.auth_changed();
    let read = client.call("getWorkflow", json!([workflow]));
    world.pass(900.0);
    assert!(!read.is_done());
    assert!(client.engine.cached(&format!("workflow:{workflow}")).is_none());
    world.pass(200.0);
    assert!(read.is_done());
}

#[test]
fn a_response_that_arrives_while_the_user_is_unknown_is_held_back() {
    for (user, is_delivered) in [("ada", true), ("bob", false)] {
        let (world, client, workflow) = with_workflow();
        world.signed_in("bob");
        world.network().slow("GET workflows", 10.0, 500.0);
        let read = client.call("getWorkflow", json!([workflow]));
        world.pass(100.0);
        client.tokens().next(Answer::After(1_000.0));
        client.switch_to(Some(user));
        world.pass(900.0);
        assert!(!read.is_done());
        assert_eq!(client.mirror().keys(), Vec::<String>::new(), "nor is it answered outside");
        world.pass(200.0);
        assert_eq!(read.outcome().is_ok(), is_delivered);
        assert_eq!(client.mirror().keys().is_empty(), !is_delivered);
    }
}

#[test]
fn the_new_user_never_joins_a_request_of_the_old_one() {
    let (world, client, _) = with_workflow();
    let bob = world.signed_in("bob").id();
    let public = json!({"user_id": client.id(), "name": "P", "is_public": true});
    let public = world.server().add("workflows", public);
    world.network().slow("GET workflows", 10.0, 500.0);
    let old: Vec<_> = (0..5).map(|_| client.call("getWorkflow", json!([public]))).collect();
    world.pass(100.0);
    client.tokens().sign_in(Some("bob"));
    client.engine.signed_in(Ok(client.tokens().current()));
    let new = client.call("getWorkflow", json!([public]));
    for read in old {
        read.fails_with("ABORTED");
    }
    assert_eq!(new.value().text("name"), "P");
    let subjects: Vec<_> = world.take_requests().into_iter().map(|request| request.subject).collect();
    assert_eq!(subjects.last(), Some(&Some(bob)));
}

#[test]
fn the_new_user_never_joins_a_refresh_of_the_old_one() {
    let (world, client, _) = with_workflow();
    let bob = world.signed_in("bob").id();
    let public = json!({"user_id": client.id(), "name": "P", "is_public": true});
    let public = world.server().add("workflows", public);
    client.configure(|settings| settings.cache.stale_ms = Some(1_000.0));
    client.does("getWorkflow", json!([public]));
    world.pass(2_000.0);
    world.network().slow("GET workflows", 10.0, 500.0);
    client.does("getWorkflow", json!([public]));
    world.pass(100.0);
    let other = client.call("getWorkflowNodes", json!([public]));
    world.pass(15.0);
    client.tokens().sign_in(Some("bob"));
    client.engine.signed_in(Ok(client.tokens().current()));
    let new = client.call("getWorkflow", json!([public]));
    other.fails_with("ABORTED");
    assert_eq!(new.value().text("name"), "P");
    let subjects: Vec<_> = world.take_requests().into_iter().map(|request| request.subject).collect();
    assert_eq!(subjects.last(), Some(&Some(bob)));
}

#[test]
fn the_cache_is_emptied_if_the_provider_fails_after_a_possible_change_of_user() {
    for answer in [Answer::Throws, Answer::Hangs] {
        let (world, client, workflow) = with_workflow();
        client.does("getWorkflow", json!([workflow]));
        client.tokens().next(answer);
        client.engine.auth_changed();
        world.pass(20_000.0);
        assert_eq!(client.keys(), Vec::<String>::new());
        assert_eq!(client.does("getWorkflow", json!([workflow])).text("name"), "A");
    }
}

#[test]
fn the_later_of_two_provider_calls_wins() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    client.does("getWorkflow", json!([workflow]));
    // Requested while Ada is signed in, answered after Bob signed in.
    client.tokens().next(Answer::After(500.0));
    client.engine.auth_changed();
    world.pass(10.0);
    client.switch_to(Some("bob"));
    world.pass(1_000.0);
    assert_eq!(client.keys(), Vec::<String>::new());
    assert!(client.does("getWorkflow", json!([workflow])).is_null());
    let last = world.take_requests().pop().expect("a request");
    assert_eq!(last.subject, client.tokens().user());
}

#[test]
fn switching_users_back_and_forth_leaves_nothing_of_the_first_session() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = client.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    client.switch_to(Some("bob"));
    world.settle();
    client.switch_to(Some("ada"));
    read.fails_with("ABORTED");
    world.quiesce();
    assert_eq!(client.keys(), Vec::<String>::new());
    assert_eq!(client.does("getWorkflow", json!([workflow])).text("name"), "A");
}

#[test]
fn a_notice_from_the_auth_library_applies_at_once() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    client.does("getWorkflow", json!([workflow]));
    client.engine.signed_in(Ok(client.tokens().current()));
    assert_eq!(client.keys().len(), 1, "the same user");
    client.tokens().sign_in(Some("bob"));
    client.engine.signed_in(Ok(client.tokens().current()));
    assert_eq!(client.keys(), Vec::<String>::new());
}

#[test]
fn close_ends_everything() {
    let (world, client, workflow) = with_workflow();
    client.does("getWorkflow", json!([workflow]));
    world.network().slow("GET workflows", 10.0, 500.0);
    let sent = client.call("getWorkflows", json!([client.id()]));
    world.pass(100.0);
    client.tokens().next(Answer::After(500.0));
    let unsent = client.call("getWorkflowNodes", json!([workflow]));
    let write = client.call("updateWorkflow", json!([workflow, {"name": "B"}]));
    world.pass(5.0);
    client.engine.reset();
    for call in [sent, unsent, write] {
        call.fails_with("ABORTED");
    }
    world.quiesce();
    assert_eq!(client.keys(), Vec::<String>::new());
    assert_eq!(client.mirror().keys(), Vec::<String>::new());
    assert_eq!(client.engine.stats().2, 0);
    assert_eq!(client.does("getWorkflow", json!([workflow])).text("id"), workflow, "it can be used again");
}
