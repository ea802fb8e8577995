//! A workflow with its nodes and connections.

use crate::support::{Client, Options, World};
use serde_json::json;
use workflow_db::data::Data;

fn graph(nodes: usize, connections: usize) -> (World, Client, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    for n in 0..nodes {
        let node = json!({"workflow_id": workflow, "node_type": "t", "node_id": format!("n{n}")});
        world.server().add("workflow_nodes", node);
    }
    for n in 0..connections {
        let connection = json!({
            "workflow_id": workflow, "source_node_id": format!("s{n}"), "target_node_id": "t",
            "connection_id": format!("c{n}"),
        });
        world.server().add("workflow_connections", connection);
    }
    (world, ada, workflow)
}

#[test]
fn a_workflow_with_relations_takes_one_request_and_caches_its_parts() {
    let (world, ada, workflow) = graph(3, 2);
    let whole = ada.does("getWorkflowWithRelations", json!([workflow]));
    assert_eq!(world.count_requests(), 1);
    let value = whole.to_value();
    assert_eq!(value["nodes"].as_array().map(Vec::len), Some(3));
    assert!(value.get("node_count").is_none(), "{value}");
    let nodes = ada.does("getWorkflowNodes", json!([workflow]));
    assert!(whole.child("nodes").expect("nodes").is_same(&nodes));
    ada.does("getWorkflowConnections", json!([workflow]));
    assert!(ada.does("getWorkflow", json!([workflow])).get("nodes").is_none());
    assert_eq!(world.count_requests(), 0);
}

#[test]
fn relations_beyond_max_rows_are_complete_and_in_order() {
    for max_rows in [1_000, 999, 7] {
        let (nodes, connections) = if max_rows == 7 { (30, 15) } else { (1_205, 1_001) };
        let (world, ada, workflow) = graph(nodes, connections);
        world.server().max_rows = max_rows;
        let whole = ada.does("getWorkflowWithRelations", json!([workflow]));
        let names = |list: &'static str, column: &str| whole.child(list).expect("a list").texts(column);
        assert_eq!(names("nodes", "node_id"), (0..nodes).map(|n| format!("n{n}")).collect::<Vec<_>>());
        assert_eq!(
            names("connections", "connection_id"),
            (0..connections).map(|n| format!("c{n}")).collect::<Vec<_>>()
        );
    }
}

#[test]
fn relations_are_composed_of_fresh_parts_without_a_request() {
    let (world, ada, workflow) = graph(2, 1);
    for name in ["getWorkflow", "getWorkflowNodes", "getWorkflowConnections"] {
        ada.does(name, json!([workflow]));
    }
    world.take_requests();
    let whole = ada.does("getWorkflowWithRelations", json!([workflow]));
    assert_eq!(world.count_requests(), 0);
    assert_eq!(whole.child("nodes").map(|nodes| nodes.items().len()), Some(2));
    let again = ada.does("getWorkflowWithRelations", json!([workflow]));
    assert!(whole.is_same(&again));
}

#[test]
fn relations_expire_with_their_oldest_part() {
    let (world, ada, workflow) = graph(1, 0);
    ada.does("getWorkflow", json!([workflow]));
    world.pass(200_000.0);
    ada.does("getWorkflowNodes", json!([workflow]));
    ada.does("getWorkflowConnections", json!([workflow]));
    ada.does("getWorkflowWithRelations", json!([workflow]));
    world.pass(100_000.0);
    world.take_requests();
    ada.does("getWorkflowWithRelations", json!([workflow]));
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn relations_are_dropped_and_composed_again_when_a_part_changes() {
    let (world, ada, workflow) = graph(2, 1);
    let before = ada.does("getWorkflowWithRelations", json!([workflow]));
    world.take_requests();
    let new = json!([{"workflow_id": workflow, "node_type": "t", "node_id": "n2"}]);
    ada.does("createWorkflowNode", new);
    assert_eq!(world.count_requests(), 1);
    let after = ada.does("getWorkflowWithRelations", json!([workflow]));
    assert_eq!(world.count_requests(), 0);
    let nodes = after.child("nodes").expect("nodes");
    assert_eq!(nodes.texts("node_id"), ["n0", "n1", "n2"]);
    let old_nodes = before.child("nodes").expect("nodes");
    assert!(nodes.item(0).is_same(&old_nodes.item(0)), "unchanged rows are the same");
    let connections = |whole: &crate::support::Json| whole.child("connections").expect("connections");
    assert!(connections(&after).is_same(&connections(&before)));
    ada.does("updateWorkflow", json!([workflow, {"name": "B"}]));
    assert_eq!(ada.does("getWorkflowWithRelations", json!([workflow])).text("name"), "B");
}

#[test]
fn relations_of_a_missing_workflow_are_null() {
    let (_world, ada, _) = graph(0, 0);
    let nothing = crate::support::client::id("nothing");
    assert!(ada.does("getWorkflowWithRelations", json!([nothing])).is_null());
    assert_eq!(ada.keys(), Vec::<String>::new());
}

#[test]
fn what_the_application_set_is_not_replaced_by_what_could_be_composed() {
    let (world, ada, workflow) = graph(1, 0);
    ada.does("getWorkflowWithRelations", json!([workflow]));
    world.take_requests();
    let mut shown = ada.does("getWorkflowWithRelations", json!([workflow])).to_value();
    shown["name"] = json!("edited");
    ada.engine.set(&format!("workflow:{workflow}?relations"), shown.into(), None);
    let options = Options { ttl_ms: Some(60_000.0), ..Options::default() };
    let answer = ada.call_with(options, "getWorkflowWithRelations", json!([workflow])).value();
    assert_eq!((answer.text("name").as_str(), world.count_requests()), ("edited", 0));
}
