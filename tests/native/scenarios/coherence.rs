//! Own writes keep the cache up to date.

use super::live::follow;
use crate::support::client::id;
use crate::support::{Client, Fault, World};
use serde_json::json;
use workflow_db::data::Data;

/// Three workflows A, B and C, most recently changed first, in both lists.
fn with_lists() -> (World, Client, Vec<String>) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let ids: Vec<String> = ["A", "B", "C"]
        .iter()
        .map(|name| world.server().add("workflows", json!({"user_id": ada.id(), "name": name})))
        .collect();
    ada.does("getWorkflows", json!([ada.id()]));
    ada.does("getWorkflows", json!([ada.id(), true]));
    world.take_requests();
    (world, ada, ids)
}

fn names(ada: &Client, with_archived: bool) -> Vec<String> {
    ada.does("getWorkflows", json!([ada.id(), with_archived])).texts("name")
}

#[test]
fn an_insert_enters_the_lists_in_order() {
    let (world, ada, _) = with_lists();
    ada.does("createWorkflow", json!([ada.id(), {"name": "D"}]));
    assert_eq!(names(&ada, false), ["D", "C", "B", "A"]);
    assert_eq!(names(&ada, true), ["D", "C", "B", "A"]);
    let archived = json!([ada.id(), {"name": "E", "archived_at": "2024-05-01"}]);
    ada.does("createWorkflow", archived);
    assert_eq!(names(&ada, false), ["D", "C", "B", "A"]);
    assert_eq!(names(&ada, true), ["E", "D", "C", "B", "A"]);
    let old = json!([ada.id(), {"name": "F", "updated_at": "2020-01-01T00:00:00Z"}]);
    ada.does("createWorkflow", old);
    assert_eq!(names(&ada, false), ["D", "C", "B", "A", "F"]);
    assert_eq!(world.count_requests(), 3, "only the writes");
}

#[test]
fn an_update_moves_its_row_and_leaves_the_others_as_they_are() {
    let (world, ada, ids) = with_lists();
    let before = ada.does("getWorkflows", json!([ada.id()]));
    ada.does("updateWorkflow", json!([ids[0], {"description": "changed"}]));
    let after = ada.does("getWorkflows", json!([ada.id()]));
    assert_eq!(after.texts("name"), ["A", "C", "B"]);
    assert!(after.item(1).is_same(&before.item(0)) && after.item(2).is_same(&before.item(1)));
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn an_archived_row_leaves_one_list_and_stays_in_the_other() {
    let (world, ada, ids) = with_lists();
    ada.does("archiveWorkflow", json!([ids[1]]));
    assert_eq!(names(&ada, false), ["C", "A"]);
    assert_eq!(names(&ada, true), ["B", "C", "A"]);
    ada.does("updateWorkflow", json!([ids[1], {"archived_at": null}]));
    assert_eq!(names(&ada, false), ["B", "C", "A"]);
    assert_eq!(names(&ada, true), ["B", "C", "A"]);
    assert_eq!(world.count_requests(), 2);
}

#[test]
fn a_list_sorted_by_name_is_not_patched_with_a_guess() {
    let (world, ada, ids) = with_lists();
    let by_name = json!([{"userId": ada.id(), "sortBy": "name", "sortOrder": "asc"}]);
    ada.does("getWorkflows", by_name.clone());
    world.take_requests();
    ada.does("updateWorkflow", json!([ids[0], {"name": "Z"}]));
    assert_eq!(ada.does("getWorkflows", by_name.clone()).texts("name"), ["B", "C", "Z"]);
    assert_eq!(world.count_requests(), 2, "the write, and the list anew");
    // With an unchanged name, the row's position is unchanged.
    ada.does("updateWorkflow", json!([ids[0], {"description": "d"}]));
    assert_eq!(ada.does("getWorkflows", by_name).texts("name"), ["B", "C", "Z"]);
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn a_limited_list_is_patched_in_place_and_otherwise_dropped() {
    let (world, ada, ids) = with_lists();
    let newest = json!([{"userId": ada.id(), "sortBy": "created_at", "limit": 2}]);
    assert_eq!(ada.does("getWorkflows", newest.clone()).texts("name"), ["C", "B"]);
    world.take_requests();
    ada.does("updateWorkflow", json!([ids[1], {"name": "B2"}]));
    assert_eq!(ada.does("getWorkflows", newest.clone()).texts("name"), ["C", "B2"]);
    assert_eq!(world.count_requests(), 1);
    ada.does("createWorkflow", json!([ada.id(), {"name": "D"}]));
    assert_eq!(ada.does("getWorkflows", newest.clone()).texts("name"), ["D", "C"]);
    ada.does("deleteWorkflow", json!([ids[2]]));
    assert_eq!(ada.does("getWorkflows", newest).texts("name"), ["D", "B2"]);
}

#[test]
fn a_row_and_its_history_page_follow_an_update() {
    let (world, ada, ids) = with_lists();
    let execution =
        world.server().add("workflow_executions", json!({"workflow_id": ids[0], "user_id": ada.id()}));
    ada.does("getExecution", json!([execution]));
    ada.does("getExecutionHistory", json!([ids[0]]));
    ada.does("updateExecution", json!([execution, {"status": "completed"}]));
    assert_eq!(ada.does("getExecution", json!([execution])).text("status"), "completed");
    let page = ada.cached(&format!("executions:{}?limit=50", ids[0])).expect("the page is shown").to_value();
    assert_eq!((&page["data"][0]["status"], &page["total"]), (&json!("completed"), &json!(1)));
    ada.does("createExecution", json!([{"workflow_id": ids[0], "user_id": ada.id()}]));
    assert!(
        ada.cached(&format!("executions:{}?limit=50", ids[0])).is_none(),
        "rows were pushed over its edge"
    );
}

#[test]
fn the_delete_of_a_workflow_drops_its_children_and_grandchildren() {
    let (world, ada, ids) = with_lists();
    let mut kept =
        vec![format!("workflows:{}", ada.id()), format!("workflows:{}?archived=included", ada.id())];
    for (index, workflow) in ids[..2].iter().enumerate() {
        let new = json!({"workflow_id": workflow, "user_id": ada.id()});
        let execution = world.server().add("workflow_executions", new);
        ada.does("getWorkflowWithRelations", json!([workflow]));
        ada.does("getExecution", json!([execution]));
        ada.does("getExecutionHistory", json!([workflow]));
        ada.does("getExecutionResults", json!([execution]));
        if index == 1 {
            // The cache does not know which run a result belongs to, so a delete of any workflow drops all results.
            kept.extend(
                ["workflow", "workflow_nodes", "workflow_connections"].map(|it| format!("{it}:{workflow}")),
            );
            kept.push(format!("workflow:{workflow}?relations"));
            kept.push(format!("execution:{execution}"));
            kept.push(format!("executions:{workflow}?limit=50"));
        }
    }
    ada.does("deleteWorkflow", json!([ids[0]]));
    kept.sort_unstable();
    assert_eq!(ada.keys(), kept);
    assert_eq!(names(&ada, false), ["C", "B"]);
}

#[test]
fn a_deleted_child_leaves_its_list() {
    let (world, ada, ids) = with_lists();
    for name in ["n0", "n1"] {
        ada.does("createWorkflowNode", json!([{"workflow_id": ids[0], "node_type": "t", "node_id": name}]));
    }
    let nodes = ada.does("getWorkflowNodes", json!([ids[0]]));
    ada.does("deleteWorkflowNode", json!([nodes.item(0).text("id")]));
    world.take_requests();
    assert_eq!(ada.does("getWorkflowNodes", json!([ids[0]])).texts("node_id"), ["n1"]);
    assert_eq!(world.count_requests(), 0);
}

#[test]
fn a_connection_is_deleted_by_its_connection_id() {
    let (world, ada, ids) = with_lists();
    for name in ["c,1", "c\"2"] {
        let new = json!([{
            "workflow_id": ids[0], "source_node_id": name, "target_node_id": "t", "connection_id": name,
        }]);
        ada.does("createWorkflowConnection", new);
    }
    ada.does("getWorkflowConnections", json!([ids[0]]));
    ada.does("deleteWorkflowConnection", json!([ids[0], "c,1"]));
    world.take_requests();
    assert_eq!(ada.does("getWorkflowConnections", json!([ids[0]])).texts("connection_id"), ["c\"2"]);
    assert_eq!(world.count_requests(), 0);
}

#[test]
fn two_crossing_updates_of_one_row_leave_the_cache_correct() {
    // The responses may arrive in either order, and so may the requests.
    for (there, back) in
        [([10.0, 10.0], [500.0, 10.0]), ([300.0, 10.0], [10.0, 500.0]), ([10.0, 300.0], [600.0, 10.0])]
    {
        let (world, ada, ids) = with_lists();
        ada.does("getWorkflow", json!([ids[0]]));
        world.network().slow("PATCH workflows", there[0], back[0]);
        world.network().slow("PATCH workflows", there[1], back[1]);
        let first = ada.call("updateWorkflow", json!([ids[0], {"name": "first"}]));
        let second = ada.call("updateWorkflow", json!([ids[0], {"name": "second"}]));
        first.value();
        second.value();
        let truth = world.server().row("workflows", &ids[0]).expect("the row")["name"].clone();
        assert_eq!(json!(ada.does("getWorkflow", json!([ids[0]])).text("name")), truth);
        assert_eq!(json!(names(&ada, false)[0]), truth);
    }
}

#[test]
fn crossing_updates_of_a_row_without_updated_at_leave_the_cache_correct() {
    for (there, back) in [([10.0, 10.0], [500.0, 10.0]), ([300.0, 10.0], [10.0, 500.0])] {
        let (world, ada, ids) = with_lists();
        let execution =
            world.server().add("workflow_executions", json!({"workflow_id": ids[0], "user_id": ada.id()}));
        ada.does("getExecution", json!([execution]));
        world.network().slow("PATCH workflow_executions", there[0], back[0]);
        world.network().slow("PATCH workflow_executions", there[1], back[1]);
        let first = ada.call("updateExecution", json!([execution, {"status": "failed"}]));
        let second = ada.call("updateExecution", json!([execution, {"status": "completed"}]));
        first.value();
        second.value();
        let truth = world.server().row("workflow_executions", &execution).expect("the row")["status"].clone();
        assert_eq!(json!(ada.does("getExecution", json!([execution])).text("status")), truth);
    }
}

#[test]
fn an_update_whose_response_arrives_after_the_frame_of_a_later_one_leaves_the_cache_correct() {
    let (world, ada, ids) = with_lists();
    let execution =
        world.server().add("workflow_executions", json!({"workflow_id": ids[0], "user_id": ada.id()}));
    follow(&ada, "workflow_executions", Some(&ada.id()), None);
    world.pass(3_000.0);
    ada.does("getExecution", json!([execution]));
    world.network().slow("PATCH workflow_executions", 10.0, 2_000.0);
    let own = ada.call("updateExecution", json!([execution, {"status": "failed"}]));
    world.pass(50.0);
    world.server().change("workflow_executions", &execution, json!({"status": "completed"}));
    world.pass(1_000.0);
    assert_eq!(own.value().text("status"), "failed");
    assert_eq!(ada.does("getExecution", json!([execution])).text("status"), "completed");
}

#[test]
fn an_update_whose_frame_arrives_before_its_response_stays_cached() {
    let (world, ada, ids) = with_lists();
    follow(&ada, "workflows", Some(&ada.id()), None);
    world.pass(3_000.0);
    ada.does("getWorkflow", json!([ids[0]]));
    world.network().slow("PATCH workflows", 10.0, 2_000.0);
    ada.does("updateWorkflow", json!([ids[0], {"name": "own"}]));
    world.take_requests();
    assert_eq!(ada.does("getWorkflow", json!([ids[0]])).text("name"), "own");
    assert_eq!(world.count_requests(), 0);
}

#[test]
fn a_delete_by_name_that_crosses_an_update_removes_the_row_from_the_cache() {
    let (world, ada, ids) = with_lists();
    let new =
        json!([{"workflow_id": ids[0], "source_node_id": "s", "target_node_id": "t", "connection_id": "c"}]);
    let connection = ada.does("createWorkflowConnection", new).text("id");
    ada.does("getWorkflowConnections", json!([ids[0]]));
    world.network().slow("PATCH workflow_connections", 10.0, 500.0);
    let update = ada.call("updateWorkflowConnection", json!([connection, {"target_node_id": "u"}]));
    world.pass(50.0);
    ada.does("deleteWorkflowConnection", json!([ids[0], "c"]));
    update.value();
    assert!(ada.does("getWorkflowConnections", json!([ids[0]])).is_empty());
}

#[test]
fn a_child_whose_parent_was_deleted_before_the_response_is_not_cached() {
    let (world, ada, ids) = with_lists();
    world.network().slow("POST workflow_nodes", 10.0, 500.0);
    let new = json!([{"workflow_id": ids[0], "node_type": "t", "node_id": "n"}]);
    let create = ada.call("createWorkflowNode", new);
    world.pass(50.0);
    ada.does("deleteWorkflow", json!([ids[0]]));
    assert!(ada.does("getWorkflowNodes", json!([ids[0]])).is_empty());
    create.value();
    assert!(ada.does("getWorkflowNodes", json!([ids[0]])).is_empty());
}

#[test]
fn an_older_response_never_overwrites_a_newer_row() {
    let (world, ada, ids) = with_lists();
    world.network().slow("PATCH workflows", 10.0, 500.0);
    let slow = ada.call("updateWorkflow", json!([ids[0], {"name": "ours"}]));
    world.pass(100.0);
    world.server().change("workflows", &ids[0], json!({"name": "theirs"}));
    ada.does("getWorkflow", json!([ids[0]]));
    assert_eq!(slow.value().text("name"), "ours");
    assert_eq!(ada.does("getWorkflow", json!([ids[0]])).text("name"), "theirs");
}

#[test]
fn a_refused_write_does_not_change_the_cache() {
    let (world, ada, ids) = with_lists();
    let before = ada.keys();
    world.network().once("PATCH workflows", Fault::Refused(403, "42501"));
    ada.call("updateWorkflow", json!([ids[0], {"name": "X"}])).fails_with("42501");
    ada.call("createWorkflow", json!([ada.id(), {"nome": "X"}])).fails_with("INVALID_INPUT");
    assert_eq!(ada.keys(), before);
    assert_eq!(names(&ada, false), ["C", "B", "A"]);
}

#[test]
fn a_row_that_proves_to_be_deleted_leaves_the_cache() {
    let (world, ada, ids) = with_lists();
    ada.does("getWorkflow", json!([ids[0]]));
    world.server().remove("workflows", &ids[0]);
    ada.call("updateWorkflow", json!([ids[0], {"name": "X"}])).fails_with("NOT_FOUND");
    assert!(ada.does("getWorkflow", json!([ids[0]])).is_null());
    assert_eq!(names(&ada, false), ["C", "B"]);
}

#[test]
fn a_write_to_an_audited_table_invalidates_the_user_s_audit_entries() {
    let (_world, ada, ids) = with_lists();
    let (own, others) = (format!("audit_logs:{}?limit=10", ada.id()), format!("audit_logs:{}", id("bob")));
    let set = |key: &str| ada.engine.set(key, crate::support::Json::from(json!([])), None);
    set(&own);
    set(&others);
    ada.does("createWorkflowNode", json!([{"workflow_id": ids[0], "node_type": "t", "node_id": "n"}]));
    assert!(ada.engine.cached(&own).is_some(), "nodes are not audited");
    ada.does("updateWorkflow", json!([ids[0], {"name": "X"}]));
    assert!(ada.engine.cached(&own).is_none());
    assert!(ada.engine.cached(&others).is_some());
}

#[test]
fn an_entry_that_the_application_set_is_dropped_when_its_row_changes() {
    let (_world, ada, ids) = with_lists();
    let key = format!("workflow:{}", ids[0]);
    ada.engine.set(&key, crate::support::Json::from(json!({"name": "mine"})), None);
    ada.does("updateWorkflow", json!([ids[1], {"name": "X"}]));
    assert!(ada.engine.cached(&key).is_some(), "another row");
    ada.does("updateWorkflow", json!([ids[0], {"name": "Y"}]));
    assert!(ada.engine.cached(&key).is_none());
}
