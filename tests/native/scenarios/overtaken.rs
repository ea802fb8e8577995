//! Overtaken responses reach their callers but not the cache.

use crate::support::client::id;
use crate::support::{Client, Json, Pending, World};
use serde_json::json;
use workflow_db::cache::{Change, Source};
use workflow_db::tables::AUDIT_LOGS;

fn world_with_workflow() -> (World, Client, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "old"}));
    (world, ada, workflow)
}

#[test]
fn late_response_after_invalidation_is_not_cached() {
    let (world, ada, workflow) = world_with_workflow();
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    ada.engine.invalidate(&format!("workflow:{workflow}"));
    assert_eq!(read.value().text("name"), "old");
    assert_eq!(ada.keys(), Vec::<String>::new());
}

#[test]
fn observers_of_an_entry_are_notified_that_its_response_was_outdated() {
    let (world, ada, workflow) = world_with_workflow();
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    ada.does("updateWorkflow", json!([workflow, {"name": "new"}]));
    ada.mirror().take_told();
    read.value();
    assert_eq!(ada.mirror().take_told(), [format!("workflow:{workflow}")]);
}

#[test]
fn late_response_after_a_pattern_invalidation_is_not_cached() {
    let (world, ada, _) = world_with_workflow();
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflows", json!([ada.id()]));
    world.pass(100.0);
    ada.engine.invalidate_where(&|key| key.starts_with("workflows:"));
    read.value();
    assert_eq!(ada.keys(), Vec::<String>::new());
}

#[test]
fn late_response_after_an_own_write_is_not_cached() {
    let (world, ada, workflow) = world_with_workflow();
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    ada.does("updateWorkflow", json!([workflow, {"name": "new"}]));
    assert_eq!(read.value().text("name"), "old", "it was asked before the write");
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "new");
}

#[test]
fn late_list_after_an_own_insert_is_not_cached() {
    let (world, ada, _) = world_with_workflow();
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflows", json!([ada.id()]));
    world.pass(100.0);
    ada.does("createWorkflow", json!([ada.id(), {"name": "second"}]));
    assert_eq!(read.value().texts("name"), ["old"]);
    assert_eq!(ada.does("getWorkflows", json!([ada.id()])).texts("name"), ["second", "old"]);
}

#[test]
fn late_children_after_the_delete_of_their_parent_are_not_cached() {
    let (world, ada, workflow) = world_with_workflow();
    let node = json!({"workflow_id": workflow, "node_type": "t", "node_id": "n"});
    world.server().add("workflow_nodes", node);
    world.network().slow("GET workflow_nodes", 10.0, 500.0);
    let read = ada.call("getWorkflowNodes", json!([workflow]));
    world.pass(100.0);
    ada.does("deleteWorkflow", json!([workflow]));
    assert_eq!(read.value().texts("node_id"), ["n"]);
    assert_eq!(ada.keys(), Vec::<String>::new());
}

#[test]
fn late_relations_after_a_write_to_a_child_are_not_cached() {
    let (world, ada, workflow) = world_with_workflow();
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflowWithRelations", json!([workflow]));
    world.pass(100.0);
    ada.does("createWorkflowNode", json!([{"workflow_id": workflow, "node_type": "t", "node_id": "n"}]));
    assert_eq!(read.value().to_value()["nodes"], json!([]));
    let again = ada.does("getWorkflowWithRelations", json!([workflow])).to_value();
    assert_eq!(again["nodes"][0]["node_id"], json!("n"));
}

#[test]
fn a_read_after_a_write_does_not_join_an_earlier_request() {
    let (world, ada, workflow) = world_with_workflow();
    world.network().slow("GET workflows", 10.0, 5_000.0);
    let before = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    ada.does("updateWorkflow", json!([workflow, {"name": "new"}]));
    let after = ada.call("getWorkflow", json!([workflow]));
    assert_eq!(after.value().text("name"), "new");
    assert!(!before.is_done());
    assert_eq!(before.value().text("name"), "old");
    assert_eq!(
        ada.cached(&format!("workflow:{workflow}")).map(|row| row.text("name")).as_deref(),
        Some("new")
    );
}

#[test]
fn a_read_sent_after_the_response_to_a_write_is_cached() {
    let (world, ada, workflow) = world_with_workflow();
    let write = ada.call("updateWorkflow", json!([workflow, {"name": "new"}]));
    ada.tokens().next(crate::support::tokens::Answer::After(0.0));
    ada.tokens().next(crate::support::tokens::Answer::After(300.0));
    let read = ada.call("getWorkflow", json!([workflow]));
    assert_eq!(write.value().text("name"), "new");
    assert!(world.take_requests().len() <= 2);
    assert_eq!(read.value().text("name"), "new");
    assert_eq!(ada.keys(), [format!("workflow:{workflow}")]);
}

#[test]
fn entries_set_by_the_application_are_not_overwritten_by_an_older_response() {
    let (world, ada, workflow) = world_with_workflow();
    let key = format!("workflow:{workflow}");
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    ada.engine.set(&key, Json::from(json!({"name": "mine"})), None);
    read.value();
    assert_eq!(ada.engine.cached(&key).map(|row| row.text("name")).as_deref(), Some("mine"));
}

#[test]
fn a_write_to_another_row_does_not_stop_a_row_from_being_cached() {
    let (world, ada, workflow) = world_with_workflow();
    let other = world.server().add("workflows", json!({"user_id": ada.id(), "name": "other"}));
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    ada.does("updateWorkflow", json!([other, {"name": "changed"}]));
    read.value();
    assert_eq!(ada.keys(), [format!("workflow:{workflow}")]);
}

#[test]
fn each_of_thousands_of_reads_is_cached() {
    const READS: usize = 5_000;
    let world = World::new();
    let ada = world.signed_in("ada");
    ada.configure(|settings| settings.cache.max_size = READS);
    let ids: Vec<_> = (0..READS).map(|number| id(&format!("w{number}"))).collect();
    for id in &ids {
        world.server().add("workflows", json!({"id": id, "user_id": ada.id(), "name": id}));
    }
    let reads: Vec<_> = ids.iter().map(|id| ada.call("getWorkflow", json!([id]))).collect();
    world.quiesce();
    assert!(reads.iter().all(Pending::is_done));
    assert_eq!(ada.keys().len(), READS);
}

#[test]
fn a_response_preceded_by_more_changes_than_are_recorded_is_not_cached() {
    let (world, ada, workflow) = world_with_workflow();
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflow", json!([workflow]));
    world.pass(100.0);
    for _ in 0..50_001 {
        let source = Source::Deleted(None);
        ada.engine.apply(&Change { table: &AUDIT_LOGS, id: Some(workflow.clone()), source });
    }
    assert_eq!(read.value().text("name"), "old");
    assert_eq!(ada.keys(), Vec::<String>::new());
}
