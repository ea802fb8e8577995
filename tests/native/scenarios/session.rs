//! Another user signs in.

use crate::support::tokens::Answer;
use crate::support::{Client, World};
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
fn an_unsent_read_goes_on_as_the_new_user() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    client.does("getWorkflow", json!([workflow]));
    client.tokens().next(Answer::After(300.0));
    world.take_requests();
    let read = client.call("getWorkflows", json!([client.id()]));
    world.pass(100.0);
    client.switch_to(Some("bob"));
    // Ada's list, asked by Bob: nothing that he may see.
    assert!(read.value().is_empty());
    assert_eq!(read.delivered_to(), client.tokens().user());
    let asked_as: Vec<Option<String>> =
        world.take_requests().into_iter().map(|request| request.subject).collect();
    assert!(asked_as.iter().all(|subject| *subject == client.tokens().user()), "{asked_as:?}");
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
fn a_retry_never_runs_in_another_users_name() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    world.network().once("PATCH workflows", crate::support::Fault::Gateway(503, Some(5)));
    let write = client.call("updateWorkflow", json!([workflow, {"name": "B"}]));
    world.pass(1_000.0);
    // The application does not say so: the library meets the new user at the retry's token.
    client.tokens().sign_in(Some("bob"));
    write.fails_with("ABORTED");
    world.quiesce();
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn everything_cached_of_the_old_user_goes_at_once() {
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
fn signing_out_drops_everything_too() {
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
fn nothing_is_answered_while_it_is_open_who_is_signed_in() {
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
fn an_answer_that_comes_while_it_is_open_who_is_signed_in_waits_for_that() {
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
fn when_the_provider_cannot_say_who_is_signed_in_the_cache_is_emptied() {
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
fn of_two_answers_of_the_provider_the_later_asked_counts() {
    let (world, client, workflow) = with_workflow();
    world.signed_in("bob");
    client.does("getWorkflow", json!([workflow]));
    // Asked while Ada is signed in, answered after Bob was.
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
fn there_and_back_again_leaves_nothing_of_the_first_stay() {
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
fn what_the_auth_library_itself_says_counts_at_once() {
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
