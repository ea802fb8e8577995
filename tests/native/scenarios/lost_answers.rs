//! Writes whose response never arrives: they create one row, and the caller receives it.

use crate::support::client::id;
use crate::support::{Client, Fault, World};
use serde_json::json;

const LOSING: [Fault; 4] = [Fault::LostAfter, Fault::HangAfter, Fault::Truncated, Fault::Duplicate];

fn with_workflow() -> (World, Client, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    (world, ada, workflow)
}

#[test]
fn an_insert_with_a_lost_response_creates_one_row_and_returns_it() {
    for fault in LOSING {
        let (world, ada, _) = with_workflow();
        ada.does("getWorkflows", json!([ada.id()]));
        world.network().once("POST workflows", fault);
        let row = ada.does("createWorkflow", json!([ada.id(), {"name": "B"}]));
        assert_eq!(row.text("name"), "B", "{fault:?}");
        assert_eq!(world.server().rows("workflows").count(), 2, "{fault:?}");
        assert_eq!(ada.does("getWorkflows", json!([ada.id()])).texts("name"), ["B", "A"], "{fault:?}");
    }
}

#[test]
fn an_insert_that_is_lost_in_transit_is_sent_again() {
    for fault in [Fault::LostBefore, Fault::HangBefore, Fault::Gateway(503, None)] {
        let (world, ada, _) = with_workflow();
        world.network().times(2, "POST workflows", fault);
        ada.does("createWorkflow", json!([ada.id(), {"name": "B"}]));
        assert_eq!(world.server().rows("workflows").count(), 2, "{fault:?}");
    }
}

#[test]
fn an_update_with_a_lost_response_returns_the_row() {
    for fault in LOSING {
        let (world, ada, workflow) = with_workflow();
        world.network().once("PATCH workflows", fault);
        let row = ada.does("updateWorkflow", json!([workflow, {"name": "B"}]));
        assert_eq!(row.text("name"), "B", "{fault:?}");
        assert_eq!(world.server().rows("workflows").count(), 1);
    }
}

#[test]
fn a_delete_with_a_lost_response_succeeds() {
    for fault in [Fault::LostAfter, Fault::HangAfter, Fault::Truncated] {
        let (world, ada, workflow) = with_workflow();
        ada.does("getWorkflowWithRelations", json!([workflow]));
        world.network().once("DELETE workflows", fault);
        ada.does("deleteWorkflow", json!([workflow]));
        assert_eq!(world.server().rows("workflows").count(), 0, "{fault:?}");
        assert_eq!(ada.keys(), Vec::<String>::new(), "{fault:?}");
    }
}

#[test]
fn an_executed_write_without_a_response_leaves_no_old_rows_in_the_cache() {
    let (world, ada, workflow) = with_workflow();
    ada.does("getWorkflow", json!([workflow]));
    ada.does("getWorkflows", json!([ada.id()]));
    world.network().times(3, "PATCH workflows", Fault::LostAfter);
    ada.call("updateWorkflow", json!([workflow, {"name": "B"}])).fails_with("RETRY_EXHAUSTED");
    assert_eq!(ada.keys(), Vec::<String>::new());
    world.network().times(3, "POST workflows", Fault::LostAfter);
    ada.does("getWorkflows", json!([ada.id()]));
    ada.call("createWorkflow", json!([ada.id(), {"name": "C"}])).fails_with("RETRY_EXHAUSTED");
    assert_eq!(ada.does("getWorkflows", json!([ada.id()])).texts("name"), ["C", "B"]);
}

#[test]
fn an_executed_write_with_a_refused_retry_leaves_no_old_rows_in_the_cache() {
    for refusal in ["retry", "token", "search"] {
        let (world, ada, _) = with_workflow();
        ada.does("getWorkflows", json!([ada.id()]));
        world.network().once("POST workflows", Fault::LostAfter);
        let write = ada.call("createWorkflow", json!([ada.id(), {"name": "B"}]));
        world.pass(15.0);
        match refusal {
            "retry" => world.network().once("POST workflows", Fault::Refused(403, "42501")),
            "search" => world.network().once("GET workflows", Fault::Refused(500, "57014")),
            _ => ada.tokens().next(crate::support::tokens::Answer::Throws),
        }
        write.error();
        let names = ada.does("getWorkflows", json!([ada.id()])).texts("name");
        assert_eq!(names, ["B", "A"], "{refusal}");
    }
}

#[test]
fn an_id_that_is_taken_by_a_different_row_is_23505() {
    let (world, ada, workflow) = with_workflow();
    let new = json!([ada.id(), {"id": workflow, "name": "B"}]);
    ada.call("createWorkflow", new.clone()).fails_with("23505");
    world.network().once("POST workflows", Fault::LostBefore);
    ada.call("createWorkflow", new).fails_with("23505");
    assert_eq!(world.server().row("workflows", &workflow).map(|row| row["name"].clone()), Some(json!("A")));
}

#[test]
fn an_id_that_is_taken_by_another_users_row_is_23505() {
    let (world, _ada, workflow) = with_workflow();
    let bob = world.signed_in("bob");
    bob.call("createWorkflow", json!([bob.id(), {"id": workflow, "name": "B"}])).fails_with("23505");
}

#[test]
fn an_id_taken_by_the_same_row_after_a_lost_response_returns_that_row() {
    let (world, ada, _) = with_workflow();
    world.network().once("POST workflows", Fault::LostAfter);
    let new = json!([ada.id(), {
        "id": id("mine"), "name": "B", "is_public": true, "description": null,
        "archived_at": "2024-05-01T10:00:00+02:00",
    }]);
    let row = ada.does("createWorkflow", new);
    assert_eq!((row.text("id"), row.text("archived_at")), (id("mine"), "2024-05-01T08:00:00".to_owned()));
}

#[test]
fn a_json_column_is_compared_regardless_of_member_order() {
    let (world, ada, workflow) = with_workflow();
    world.network().once("POST workflow_nodes", Fault::LostAfter);
    let new = json!([{
        "id": id("node"), "workflow_id": workflow, "node_type": "t", "node_id": "n", "position_x": 1.5,
        "config": {"b": [1, {"d": null, "c": 2.0}], "a": "x"},
    }]);
    assert_eq!(ada.does("createWorkflowNode", new).text("id"), id("node"));
}

#[test]
fn a_name_that_is_taken_by_another_row_is_23505_at_once() {
    let (world, ada, _) = with_workflow();
    let error = ada.call("createWorkflow", json!([ada.id(), {"name": "A"}])).fails_with("23505");
    assert_eq!((error.status, error.attempts), (Some(409), 1));
    assert_eq!(world.count_requests(), 1, "nothing to look for");
}

#[test]
fn a_name_taken_by_the_lost_insert_itself_does_not_fail_the_retry() {
    // The response is lost. Before the retry, another client gives the row the name of another id.
    let (world, ada, _) = with_workflow();
    world.network().once("POST workflows", Fault::LostAfter);
    world.network().once("POST workflows", Fault::Refused(409, "23505"));
    let row = ada.does("createWorkflow", json!([ada.id(), {"name": "B"}]));
    assert_eq!(row.text("name"), "B");
    world.network().once("POST workflows", Fault::LostBefore);
    ada.call("createWorkflow", json!([ada.id(), {"name": "B"}])).fails_with("23505");
}

#[test]
fn only_updates_and_workflow_deletes_fail_for_missing_rows() {
    let (world, ada, workflow) = with_workflow();
    let nobody = id("nobody");
    for (name, arguments) in [
        ("updateWorkflow", json!([nobody, {"name": "B"}])),
        ("archiveWorkflow", json!([nobody])),
        ("deleteWorkflow", json!([nobody])),
        ("updateWorkflowNode", json!([nobody, {"label": "B"}])),
    ] {
        world.take_requests();
        ada.call(name, arguments).fails_with("NOT_FOUND");
        assert_eq!(world.count_requests(), 1, "{name}");
    }
    for (name, arguments) in [
        ("deleteWorkflowNode", json!([nobody])),
        ("deleteWorkflowConnection", json!([workflow, "none"])),
        ("deleteExecution", json!([nobody])),
        ("deleteExecutionResult", json!([nobody])),
    ] {
        ada.does(name, arguments);
    }
}

#[test]
fn a_lost_read_by_id_after_a_replayed_insert_is_repeated() {
    let (world, ada, _) = with_workflow();
    world.network().once("POST workflows", Fault::LostAfter);
    world.network().once("GET workflows", Fault::LostAfter);
    assert_eq!(ada.does("createWorkflow", json!([ada.id(), {"name": "B"}])).text("name"), "B");
}

#[test]
fn an_update_with_an_unknown_outcome_leaves_no_older_row_in_the_cache() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "a", "description": "old"}));
    ada.does("getWorkflow", json!([id]));
    world.network().once("PATCH workflows", Fault::Duplicate);
    world.network().once("GET workflows", Fault::Refused(500, "57014"));
    let error = ada.fails("updateWorkflow", json!([id, {"description": "new"}]));
    assert_eq!((error.code.as_ref(), error.attempts), ("57014", 2), "the update and the look at the row");
    assert_eq!(ada.does("getWorkflow", json!([id])).to_value()["description"], json!("new"));
}
