//! What `workflow-db/offline` asks of the engine: writes that may have been made already, and the changes of other pages.

use super::live::follow;
use crate::support::client::Options;
use crate::support::network::Fault;
use crate::support::{Json, World};
use serde_json::json;
use workflow_db::cache::{Change, Source};
use workflow_db::tables::table_named;

const ID: &str = "10000000-0000-4000-8000-000000000001";
const RESENT: Options =
    Options { fresh: false, ttl_ms: None, timeout_ms: None, is_resent: true, is_of_user: true };

#[test]
fn an_insert_that_is_sent_again_is_made_once() {
    let world = World::new();
    let ada = world.signed_in("ada");
    ada.does("createWorkflow", json!([ada.id(), {"id": ID, "name": "once"}]));
    let again =
        ada.call_with(RESENT, "createWorkflow", json!([ada.id(), {"id": ID, "name": "once"}])).value();
    assert_eq!(again.text("id"), ID);
    assert_eq!(world.server().rows("workflows").count(), 1);
    let another = ada.call_with(RESENT, "createWorkflow", json!([ada.id(), {"id": ID, "name": "another"}]));
    assert!(another.error().is("23505"));
}

#[test]
fn a_delete_that_is_sent_again_is_done() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "a"}));
    ada.does("deleteWorkflow", json!([id]));
    ada.call_with(RESENT, "deleteWorkflow", json!([id])).value();
}

#[test]
fn an_update_with_a_version_does_not_conflict_with_its_own_retry() {
    let world = World::new();
    let mut ada = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "a"}));
    let version = ada.does("getWorkflow", json!([id])).text("updated_at");
    let arguments = |name: &str| json!([id, {"name": name}, {"ifUpdatedAt": version}]);
    ada.does("updateWorkflow", arguments("b"));
    // A later page knows nothing of the versions that this one made.
    ada.restart();
    assert!(ada.call("updateWorkflow", arguments("b")).error().is("CONFLICT"));
    ada.call_with(RESENT, "updateWorkflow", arguments("b")).value();
    world.server().change("workflows", &id, json!({"name": "x"}));
    assert!(ada.call_with(RESENT, "updateWorkflow", arguments("c")).error().is("CONFLICT"));
}

#[test]
fn other_pages_receive_own_writes_but_not_their_own_ones() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let id = ada.does("createWorkflow", json!([ada.id(), {"name": "a"}])).text("id");
    assert_eq!(ada.sim().changes.take(), [format!("workflows {id} is known")]);
    ada.does("getWorkflow", json!([id]));
    let table = table_named("workflows").expect("a table");
    let row = json!({"id": id, "user_id": ada.id(), "name": "b", "updated_at": "2999-01-01T00:00:00"});
    let source = Source::Row(Json::from(row));
    ada.engine.apply_here(&Change { table, id: Some(id.clone()), source });
    assert!(ada.sim().changes.take().is_empty());
    assert_eq!(ada.cached(&format!("workflow:{id}")).expect("shown").text("name"), "b");
}

#[test]
fn other_pages_receive_the_workflow_that_an_own_save_changed() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "a"}));
    ada.does("saveWorkflowGraph", json!([id, {"nodes": [], "connections": []}]));
    let changes = ada.sim().changes.take();
    for table in ["workflow_nodes", "workflow_connections"] {
        assert!(changes.contains(&format!("{table} any is unknown")), "{changes:?}");
    }
}

#[test]
fn what_is_stored_of_a_row_stays_if_a_write_to_it_is_not_answered() {
    let world = World::new();
    let ada = world.signed_in("ada");
    ada.configure(|settings| settings.retry.max_attempts = 1);
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "a"}));
    let arguments = json!([id, {"name": "b"}]);
    for fault in [Fault::LostBefore, Fault::HangBefore, Fault::Gateway(503, None)] {
        world.network().once("PATCH workflows", fault);
        ada.fails("updateWorkflow", arguments.clone());
        assert_eq!(ada.sim().changes.take(), [format!("workflows {id} is lost")]);
    }
    world.server().remove("workflows", &id);
    assert!(ada.fails("updateWorkflow", arguments).is("NOT_FOUND"));
    assert_eq!(ada.sim().changes.take(), [format!("workflows {id} is unknown")], "the server answered");
}

#[test]
fn what_is_stored_of_a_table_stays_if_too_many_changes_were_missed_to_compare() {
    let world = World::new();
    let ada = world.signed_in("ada");
    for number in 0..5_001 {
        world.server().add("workflows", json!({"user_id": ada.id(), "name": number.to_string()}));
    }
    follow(&ada, "workflows", Some(&ada.id()), None);
    world.pass(10_000.0);
    assert_eq!(ada.sim().changes.take(), ["workflows any is lost"]);
}

#[test]
fn what_is_stored_of_a_row_stays_if_it_cannot_be_read_after_an_incomplete_frame() {
    let world = World::new();
    let ada = world.signed_in("ada");
    ada.configure(|settings| settings.retry.max_attempts = 1);
    world.core.realtime.large_columns.set(&["description"]);
    let row = json!({"user_id": ada.id(), "name": "in", "description": "text"});
    let id = world.server().add("workflows", row);
    follow(&ada, "workflows", None, Some("name=eq.in"));
    world.pass(3_000.0);
    ada.sim().changes.take();
    // The filter hides what came before, so the frame without the description is not completed from it.
    for (fault, told) in [(Fault::LostBefore, "is lost"), (Fault::Refused(403, "42501"), "is unknown")] {
        world.network().once("GET workflows", fault);
        world.server().change("workflows", &id, json!({"is_public": told == "is lost"}));
        world.pass(300.0);
        assert_eq!(ada.sim().changes.take()[..1], [format!("workflows {id} {told}")]);
    }
}
