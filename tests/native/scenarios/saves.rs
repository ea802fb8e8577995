//! Graph saves of a workflow with a subscription.

use super::live::{follow, names, take_told};
use crate::support::{Client, Json, World};
use serde_json::{json, Value};

fn graph(nodes: &[(&str, f64)], connections: &[(&str, &str)]) -> Value {
    let nodes: Vec<Value> =
        nodes.iter().map(|(id, x)| json!({"node_id": id, "node_type": "t", "position_x": x})).collect();
    let connections: Vec<Value> = connections
        .iter()
        .map(|(id, target)| json!({"connection_id": id, "source_node_id": "a", "target_node_id": target}))
        .collect();
    json!({"nodes": nodes, "connections": connections})
}

/// A client and a workflow with the nodes `a` and `b` and the connection `c` from `a` to `b`.
fn saved(world: &World) -> (Client, String) {
    let ada = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "w"}));
    ada.does("saveWorkflowGraph", json!([id, graph(&[("a", 0.0), ("b", 0.0)], &[("c", "b")])]));
    (ada, id)
}

/// A column of the cached rows under `key`, in order.
fn column(client: &Client, key: &str, name: &str) -> Vec<Value> {
    let rows = client.cached(key).as_ref().map(Json::to_value);
    rows.iter().flat_map(|rows| rows.as_array().expect("a list")).map(|row| row[name].clone()).collect()
}

#[test]
fn a_replaced_connection_stays_cached_if_only_its_delete_is_reported() {
    let world = World::new();
    let (ada, id) = saved(&world);
    let other = world.server().add("workflows", json!({"user_id": ada.id(), "name": "other"}));
    follow(&ada, "workflow_connections", Some(&other), None);
    world.pass(3_000.0);
    ada.does("saveWorkflowGraph", json!([id, graph(&[("a", 0.0), ("b", 0.0)], &[("c", "a")])]));
    let key = format!("workflow_connections:{id}");
    for _ in 0..50 {
        world.pass(20.0);
        assert_eq!(column(&ada, &key, "target_node_id"), ["a"]);
    }
}

#[test]
fn a_scope_read_from_before_a_save_does_not_undo_it() {
    for table in ["workflow_nodes", "workflow_connections", "workflows"] {
        for back_ms in [20.0, 40.0, 60.0, 80.0, 100.0, 200.0] {
            let world = World::new();
            let (ada, id) = saved(&world);
            world.network().slow(&format!("GET {table}?"), 0.0, back_ms);
            follow(&ada, table, Some(&id), None);
            world.pass(1.0);
            ada.does("saveWorkflowGraph", json!([id, graph(&[("a", 7.0), ("d", 0.0)], &[("c", "d")])]));
            let whole = ada.cached(&format!("workflow:{id}?relations")).expect("it was saved");
            for _ in 0..100 {
                world.pass(5.0);
                let now = ada.does("getWorkflowWithRelations", json!([id]));
                assert_eq!(now, whole, "{table}, which took {back_ms} ms");
            }
        }
    }
}

#[test]
fn the_frames_of_an_earlier_save_do_not_undo_a_later_one() {
    let world = World::new();
    let (ada, id) = saved(&world);
    world.core.realtime.jitter_ms.set(40.0);
    for table in ["workflow_nodes", "workflow_connections", "workflows"] {
        follow(&ada, table, Some(&id), None);
    }
    world.pass(3_000.0);
    for round in 0..20 {
        let target = ["a", "b", "d"][round % 3];
        let nodes = [("a", if round % 2 == 0 { 1.0 } else { 2.0 }), ("b", 0.0), ("d", 0.0)];
        ada.does("saveWorkflowGraph", json!([id, graph(&nodes[..=round % 3], &[("c", target)])]));
        let whole = ada.cached(&format!("workflow:{id}?relations")).expect("it was saved");
        for _ in 0..round {
            world.pass(5.0);
            assert_eq!(ada.does("getWorkflowWithRelations", json!([id])), whole, "round {round}");
        }
    }
}

#[test]
fn a_save_without_echoes_makes_the_scope_be_read_again() {
    let world = World::new();
    let (ada, id) = saved(&world);
    let subscription = follow(&ada, "workflow_nodes", Some(&id), None);
    world.pass(3_000.0);
    world.core.realtime.is_deaf.set(true);
    ada.does("saveWorkflowGraph", json!([id, graph(&[("a", 0.0), ("d", 0.0)], &[])]));
    world.pass(10_000.0);
    assert_eq!(names(&take_told(&ada, subscription), "node_id"), ["DELETE b", "INSERT d"]);
}

#[test]
fn a_save_without_changes_waits_for_no_echo() {
    let world = World::new();
    let (ada, id) = saved(&world);
    for table in ["workflow_nodes", "workflow_connections", "workflows"] {
        follow(&ada, table, Some(&id), None);
    }
    world.pass(3_000.0);
    world.take_requests();
    ada.does("saveWorkflowGraph", json!([id, graph(&[("a", 0.0), ("b", 0.0)], &[("c", "b")])]));
    world.pass(20_000.0);
    let requests = world.take_requests();
    assert!(requests.iter().all(|it| !it.line.starts_with("GET")), "{requests:?}");
}

#[test]
fn a_change_by_another_client_during_a_save_stays_cached() {
    for table in ["workflow_nodes", "workflow_connections"] {
        let world = World::new();
        let (ada, id) = saved(&world);
        follow(&ada, table, Some(&id), None);
        world.pass(3_000.0);
        world.network().slow("POST rpc/save_workflow_graph", 0.0, 1_000.0);
        let save = ada.call(
            "saveWorkflowGraph",
            json!([id, graph(&[("a", 7.0), ("b", 0.0)], &[("c", "b"), ("d", "a")])]),
        );
        world.pass(200.0);
        let row = world.server().rows(table).next().expect("it is there")["id"].clone();
        world.server().change(
            table,
            row.as_str().expect("an id"),
            json!({"created_at": "2024-01-01T00:00:00"}),
        );
        save.value();
        let name = if table == "workflow_nodes" { "getWorkflowNodes" } else { "getWorkflowConnections" };
        let rows = ada.does(name, json!([id])).to_value();
        assert_eq!(rows[0]["created_at"], "2024-01-01T00:00:00", "{table}");
    }
}

#[test]
fn echoes_that_arrive_before_the_response_to_a_save_cause_no_request() {
    let world = World::new();
    let (ada, id) = saved(&world);
    for table in ["workflow_nodes", "workflow_connections", "workflows"] {
        follow(&ada, table, Some(&id), None);
    }
    world.pass(3_000.0);
    world.network().slow("POST rpc/save_workflow_graph", 0.0, 1_000.0);
    ada.does("saveWorkflowGraph", json!([id, graph(&[("a", 7.0), ("d", 0.0)], &[("c", "d")])]));
    world.take_requests();
    ada.does("getWorkflowWithRelations", json!([id]));
    world.pass(20_000.0);
    assert_eq!(world.count_requests(), 0);
}

/// The name of the workflow that the cache answers with, and its nodes.
fn shown(client: &Client, id: &str) -> (String, Vec<String>) {
    let whole = client.does("getWorkflowWithRelations", json!([id]));
    let nodes = whole.to_value()["nodes"].clone();
    let names = nodes.as_array().expect("a list").iter();
    (whole.text("name"), names.map(|row| row["node_id"].as_str().expect("a text").to_owned()).collect())
}

/// Saves a graph with a slow response, and makes `change` after the server has saved and before the response arrives.
fn save_and_change(world: &World, ada: &Client, id: &str, change: impl Fn()) {
    world.network().slow("POST rpc/save_workflow_graph", 0.0, 1_000.0);
    let save = ada.call("saveWorkflowGraph", json!([id, graph(&[("a", 7.0), ("b", 0.0)], &[("c", "b")])]));
    world.pass(200.0);
    change();
    save.value();
}

#[test]
fn a_workflow_renamed_during_a_save_keeps_its_new_name() {
    let world = World::new();
    let (ada, id) = saved(&world);
    follow(&ada, "workflows", Some(&ada.id()), None);
    world.pass(3_000.0);
    save_and_change(&world, &ada, &id, || {
        world.server().change("workflows", &id, json!({"name": "renamed"}));
    });
    assert_eq!(shown(&ada, &id).0, "renamed");
}

#[test]
fn a_node_added_during_a_save_is_shown() {
    let world = World::new();
    let (ada, id) = saved(&world);
    follow(&ada, "workflow_nodes", Some(&id), None);
    world.pass(3_000.0);
    let node = json!({"workflow_id": id, "node_id": "d", "node_type": "t"});
    save_and_change(&world, &ada, &id, || drop(world.server().add("workflow_nodes", node.clone())));
    assert_eq!(shown(&ada, &id).1, ["a", "b", "d"]);
}

#[test]
fn changes_of_other_workflows_during_a_save_cost_no_request() {
    let world = World::new();
    let (ada, id) = saved(&world);
    let other = world.server().add("workflows", json!({"user_id": ada.id(), "name": "other"}));
    follow(&ada, "workflows", Some(&ada.id()), None);
    follow(&ada, "workflow_nodes", Some(&other), None);
    follow(&ada, "workflow_nodes", Some(&id), None);
    world.pass(3_000.0);
    save_and_change(&world, &ada, &id, || {
        world.server().change("workflows", &other, json!({"name": "renamed"}));
        world.server().add("workflow_nodes", json!({"workflow_id": other, "node_id": "d", "node_type": "t"}));
    });
    world.take_requests();
    assert_eq!(shown(&ada, &id).1, ["a", "b"]);
    assert_eq!(world.count_requests(), 0);
}

#[test]
fn a_node_that_another_client_deletes_right_after_a_save_is_gone() {
    let world = World::new();
    let (ada, id) = saved(&world);
    follow(&ada, "workflow_nodes", Some(&id), None);
    world.pass(3_000.0);
    ada.does("saveWorkflowGraph", json!([id, graph(&[("a", 7.0), ("b", 0.0)], &[("c", "b")])]));
    let node = {
        let server = world.server();
        let mut nodes = server.rows("workflow_nodes");
        let node = nodes.find(|row| row["node_id"] == "a").expect("it was saved");
        node["id"].as_str().expect("an id").to_owned()
    };
    // The server polls for changes and does not report the update of a row that is gone by then.
    world.server().remove("workflow_nodes", &node);
    world.pass(1_000.0);
    assert_eq!(shown(&ada, &id).1, ["b"]);
}

#[test]
fn a_template_is_read_again_after_a_workflow_was_created_from_it() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let template = json!({"created_by": ada.id(), "name": "t", "workflow_data": {}, "usage_count": 3});
    let template = world.server().add("workflow_templates", template);
    let times_used = || ada.does("getTemplate", json!([template])).to_value()["usage_count"].clone();
    assert_eq!(times_used(), 3);
    ada.does("createWorkflowFromTemplate", json!([ada.id(), template]));
    assert_eq!(times_used(), 4);
}
