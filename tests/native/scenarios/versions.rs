//! `ifUpdatedAt`: own writes never conflict with each other; writes by other clients do.

use crate::support::network::Fault;
use crate::support::{Client, Options, World};
use serde_json::{json, Value};
use workflow_db::data::Data;

/// A workflow that Ada has read, and its version at that time.
fn with_workflow() -> (World, Client, String, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "first"}));
    let version = ada.does("getWorkflow", json!([id])).text("updated_at");
    world.take_requests();
    (world, ada, id, version)
}

fn patch(id: &str, version: &str, patch: Value) -> Value {
    json!([id, patch, {"ifUpdatedAt": version}])
}

fn stored(world: &World, id: &str) -> Value {
    world.server().row("workflows", id).expect("the row").clone().into()
}

#[test]
fn a_version_followed_only_by_own_writes_still_matches() {
    let (world, ada, id, version) = with_workflow();
    ada.does("updateWorkflow", json!([id, {"is_public": true}]));
    ada.does("updateWorkflow", json!([id, {"description": "d"}]));
    ada.does("archiveWorkflow", json!([id]));
    ada.does("updateWorkflow", patch(&id, &version, json!({"name": "second"})));
    ada.does("updateWorkflow", patch(&id, &version, json!({"name": "third"})));
    assert_eq!(stored(&world, &id)["name"], json!("third"));
    assert_eq!(world.count_requests(), 5, "one request each");
}

#[test]
fn a_write_requested_before_the_response_to_another_one_matches_too() {
    for (there_ms, back_ms) in [(10.0, 500.0), (500.0, 10.0)] {
        let (world, ada, id, version) = with_workflow();
        world.network().slow("PATCH workflows", there_ms, back_ms);
        let first = ada.call("updateWorkflow", json!([id, {"is_public": true}]));
        let second = ada.call("updateWorkflow", patch(&id, &version, json!({"name": "second"})));
        let third = ada.call("updateWorkflow", json!([id, {"description": "third"}]));
        let fourth = ada.call("updateWorkflow", patch(&id, &version, json!({"name": "fourth"})));
        for write in [first, second, third, fourth] {
            write.value();
        }
        let row = stored(&world, &id);
        assert_eq!((&row["name"], &row["description"]), (&json!("fourth"), &json!("third")));
        assert_eq!(ada.does("getWorkflow", json!([id])).to_value(), row);
    }
}

#[test]
fn a_change_by_another_client_is_always_a_conflict() {
    let theirs = json!({"description": "theirs"});
    let changes: [fn(&Client, &str); 2] = [
        |_, _| {},
        |ada, id| {
            ada.does("updateWorkflow", json!([id, {"is_public": true}]));
        },
    ];
    for before in changes {
        for after in changes {
            let (world, ada, id, version) = with_workflow();
            before(&ada, &id);
            world.server().change("workflows", &id, theirs.clone());
            after(&ada, &id);
            let late = ada.call("updateWorkflow", patch(&id, &version, json!({"name": "ours"})));
            late.fails_with("CONFLICT");
            assert_eq!(stored(&world, &id)["name"], json!("first"));
        }
    }
}

#[test]
fn an_update_without_a_version_ignores_changes_by_other_clients() {
    let (world, ada, id, _) = with_workflow();
    world.server().change("workflows", &id, json!({"description": "theirs"}));
    let written = ada.does("updateWorkflow", json!([id, {"name": "ours"}]));
    assert_eq!(written.text("description"), "theirs");
    // The update leaves a version that later own writes continue from.
    ada.does("updateWorkflow", json!([id, {"is_public": true}]));
    ada.does("updateWorkflow", patch(&id, &written.text("updated_at"), json!({"name": "again"})));
    assert_eq!(stored(&world, &id)["name"], json!("again"));
}

#[test]
fn another_client_of_the_same_user_conflicts_too() {
    let (world, ada, id, version) = with_workflow();
    let tab = world.signed_in("ada");
    tab.does("getWorkflow", json!([id]));
    tab.does("updateWorkflow", json!([id, {"is_public": true}]));
    ada.call("updateWorkflow", patch(&id, &version, json!({"name": "ours"}))).fails_with("CONFLICT");
}

#[test]
fn the_echo_of_an_own_write_is_not_a_change_by_another_client() {
    let (world, ada, id, version) = with_workflow();
    let selection = workflow_db::subscriptions::Selection::new("workflows", Some(ada.id()), None);
    ada.engine.follow(selection.expect("it is valid"), true);
    world.pass(3_000.0);
    world.network().slow("PATCH workflows", 10.0, 2_000.0);
    let write = ada.call("updateWorkflow", json!([id, {"is_public": true}]));
    world.pass(1_500.0);
    let save = ada.call("updateWorkflow", patch(&id, &version, json!({"name": "ours"})));
    write.value();
    save.value();
    world.pass(3_000.0);
    ada.does("updateWorkflow", patch(&id, &version, json!({"name": "once more"})));
    world.server().change("workflows", &id, json!({"description": "theirs"}));
    world.pass(3_000.0);
    ada.call("updateWorkflow", patch(&id, &version, json!({"name": "late"}))).fails_with("CONFLICT");
}

#[test]
fn a_write_with_a_lost_response_is_an_own_write() {
    for fault in [Fault::LostAfter, Fault::Duplicate, Fault::Truncated] {
        let (world, ada, id, version) = with_workflow();
        world.network().once("PATCH workflows", fault);
        ada.does("updateWorkflow", json!([id, {"description": "d"}]));
        ada.does("updateWorkflow", patch(&id, &version, json!({"name": "second"})));
        assert_eq!(stored(&world, &id)["name"], json!("second"), "{fault:?}");
    }
}

#[test]
fn archiving_with_a_lost_response_is_an_own_write() {
    let (world, ada, id, version) = with_workflow();
    world.network().once("PATCH workflows", Fault::LostAfter);
    ada.does("archiveWorkflow", json!([id]));
    assert_eq!(world.count_requests(), 3, "twice the write, and a look at the row");
    ada.does("updateWorkflow", patch(&id, &version, json!({"name": "second"})));
    assert_eq!(stored(&world, &id)["name"], json!("second"));
}

#[test]
fn a_new_version_by_another_client_is_a_conflict_even_with_equal_values() {
    let same = json!({"name": "first"});
    let (world, ada, id, version) = with_workflow();
    world.server().change("workflows", &id, same.clone());
    ada.call("updateWorkflow", patch(&id, &version, same.clone())).fails_with("CONFLICT");

    let (world, ada, id, version) = with_workflow();
    world.server().change("workflows", &id, same.clone());
    ada.does("updateWorkflow", json!([id, same]));
    ada.call("updateWorkflow", patch(&id, &version, json!({"name": "second"}))).fails_with("CONFLICT");
}

#[test]
fn a_change_made_while_a_response_was_lost_is_a_conflict() {
    let (world, ada, id, version) = with_workflow();
    world.network().once("PATCH workflows", Fault::LostAfter);
    let write = ada.call("updateWorkflow", json!([id, {"description": "d"}]));
    world.pass(15.0);
    world.server().change("workflows", &id, json!({"is_public": true}));
    write.value();
    ada.call("updateWorkflow", patch(&id, &version, json!({"name": "ours"}))).fails_with("CONFLICT");
}

#[test]
fn a_version_is_known_after_its_entry_left_the_cache() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "first"}));
    let shown = ada.does("getWorkflow", json!([id]));
    ada.engine.invalidate_where(&|_| true);
    ada.does("updateWorkflow", json!([id, {"is_public": true}]));
    ada.does("updateWorkflow", patch(&id, &shown.text("updated_at"), json!({"name": "second"})));
}

#[test]
fn a_queued_write_is_not_executed_as_another_user() {
    let (world, ada, id, _) = with_workflow();
    world.signed_in("bob");
    world.network().slow("PATCH workflows", 10.0, 500.0);
    let first = ada.call("updateWorkflow", json!([id, {"name": "second"}]));
    let second = ada.call("updateWorkflow", json!([id, {"name": "third"}]));
    world.pass(100.0);
    ada.switch_to(Some("bob"));
    first.fails_with("ABORTED");
    second.fails_with("ABORTED");
    world.quiesce();
    assert_eq!(world.take_requests().len(), 1);
}

#[test]
fn a_write_waits_for_the_first_one_even_if_the_one_between_them_was_aborted() {
    let (world, ada, id, version) = with_workflow();
    world.network().slow("PATCH workflows", 10.0, 500.0);
    let first = ada.call("updateWorkflow", json!([id, {"is_public": true}]));
    let second = ada.call("updateWorkflow", json!([id, {"description": "never"}]));
    world.pass(50.0);
    second.abort();
    second.fails_with("ABORTED");
    let third = ada.call("updateWorkflow", patch(&id, &version, json!({"name": "third"})));
    world.pass(100.0);
    assert_eq!(world.take_requests().len(), 1);
    first.value();
    third.value();
    assert_eq!(stored(&world, &id)["name"], json!("third"));
}

#[test]
fn writes_to_one_workflow_keep_their_order_while_those_to_others_end() {
    let (world, ada, id, version) = with_workflow();
    let other = world.server().add("workflows", json!({"user_id": ada.id(), "name": "other"}));
    world.network().slow("PATCH workflows", 10.0, 500.0);
    let first = ada.call("updateWorkflow", json!([id, {"is_public": true}]));
    world.pass(5.0);
    ada.does("updateWorkflow", json!([other, {"name": "else"}]));
    world.take_requests();
    let second = ada.call("updateWorkflow", patch(&id, &version, json!({"name": "second"})));
    world.pass(100.0);
    assert_eq!(world.count_requests(), 0, "it waits");
    first.value();
    second.value();
}

#[test]
fn a_write_after_a_read_of_another_client_s_change_takes_one_request() {
    let (world, ada, id, _) = with_workflow();
    ada.does("updateWorkflow", json!([id, {"is_public": true}]));
    world.server().change("workflows", &id, json!({"description": "theirs"}));
    let fresh = Options { fresh: true, ..Options::default() };
    let shown = ada.call_with(fresh, "getWorkflow", json!([id])).value();
    world.take_requests();
    ada.does("updateWorkflow", json!([id, {"is_public": false}]));
    assert_eq!(world.count_requests(), 1);
    ada.does("updateWorkflow", patch(&id, &shown.text("updated_at"), json!({"name": "third"})));
    assert_eq!(stored(&world, &id)["name"], json!("third"));
}

#[test]
fn aborting_a_queued_write_does_not_let_the_next_one_overtake() {
    let (world, ada, id, version) = with_workflow();
    world.network().slow("PATCH workflows", 10.0, 500.0);
    let first = ada.call("updateWorkflow", json!([id, {"is_public": true}]));
    let second = ada.call("updateWorkflow", json!([id, {"description": "never"}]));
    let third = ada.call("updateWorkflow", patch(&id, &version, json!({"name": "third"})));
    world.pass(100.0);
    second.abort();
    second.fails_with("ABORTED");
    assert_eq!(world.take_requests().len(), 1);
    third.value();
    first.value();
    assert!(stored(&world, &id)["description"].is_null());
    assert!(ada.does("getWorkflow", json!([id])).covers(&json!({"name": "third", "is_public": true}).into()));
}
