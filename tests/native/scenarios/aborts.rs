//! Callers that abort.

use crate::support::{Client, Pending, World};
use serde_json::json;

fn world_with_workflow() -> (World, Client, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    (world, ada, workflow)
}

fn two_joined_readers(world: &World, ada: &Client) -> (Pending, Pending) {
    world.network().slow("GET workflows", 10.0, 500.0);
    let readers = (ada.call("getWorkflows", json!([ada.id()])), ada.call("getWorkflows", json!([ada.id()])));
    world.pass(100.0);
    readers
}

#[test]
fn aborting_one_of_two_joined_readers_does_not_abort_the_other() {
    let (world, ada, _) = world_with_workflow();
    let (first, second) = two_joined_readers(&world, &ada);
    first.abort();
    first.fails_with("ABORTED");
    assert_eq!(world.now_ms(), 100.0, "at once");
    assert_eq!(second.value().texts("name"), ["A"]);
    let requests = world.take_requests();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].is_aborted);
}

#[test]
fn aborting_any_joined_reader_does_not_affect_the_others() {
    for aborted in 0..3 {
        let (world, ada, _) = world_with_workflow();
        world.network().slow("GET workflows", 10.0, 500.0);
        let readers: Vec<_> = (0..3).map(|_| ada.call("getWorkflows", json!([ada.id()]))).collect();
        world.pass(100.0);
        readers[aborted].abort();
        for (index, reader) in readers.iter().enumerate() {
            if index == aborted {
                reader.fails_with("ABORTED");
            } else {
                assert_eq!(reader.value().texts("name"), ["A"]);
            }
        }
        assert!(world.now_ms() < 1_000.0, "without waiting for a timeout");
        assert_eq!(world.count_requests(), 1);
    }
}

#[test]
fn aborting_any_member_of_a_batch_does_not_affect_the_others() {
    for aborted in 0..3 {
        for when_ms in [0.0, 5.0, 15.0] {
            let (world, ada, _) = world_with_workflow();
            let ids: Vec<String> = ["B", "C", "D"]
                .iter()
                .map(|name| world.server().add("workflows", json!({"user_id": ada.id(), "name": name})))
                .collect();
            let reads: Vec<_> = ids.iter().map(|id| ada.call("getWorkflow", json!([id]))).collect();
            world.pass(when_ms);
            reads[aborted].abort();
            for (index, read) in reads.iter().enumerate().filter(|(index, _)| *index != aborted) {
                assert_eq!(read.value().text("id"), ids[index]);
            }
            assert!(world.now_ms() < 100.0, "without waiting for a timeout");
        }
    }
}

#[test]
fn aborting_both_joined_readers_aborts_the_request() {
    let (world, ada, _) = world_with_workflow();
    let (first, second) = two_joined_readers(&world, &ada);
    first.abort();
    second.abort();
    world.settle();
    first.fails_with("ABORTED");
    second.fails_with("ABORTED");
    assert!(world.take_requests()[0].is_aborted);
    let (_, _, in_flight) = ada.engine.stats();
    assert_eq!(in_flight, 0);
}

#[test]
fn a_read_after_an_abort_sends_a_new_request() {
    let (world, ada, _) = world_with_workflow();
    let (first, second) = two_joined_readers(&world, &ada);
    first.abort();
    second.abort();
    let third = ada.call("getWorkflows", json!([ada.id()]));
    assert_eq!(third.value().texts("name"), ["A"]);
    assert_eq!(world.count_requests(), 2);
}

#[test]
fn aborting_one_member_of_a_batch_keeps_the_request() {
    let (world, ada, workflow) = world_with_workflow();
    let other = world.server().add("workflows", json!({"user_id": ada.id(), "name": "B"}));
    let first = ada.call("getWorkflow", json!([workflow]));
    let second = ada.call("getWorkflow", json!([other]));
    world.pass(15.0);
    first.abort();
    first.fails_with("ABORTED");
    assert_eq!(second.value().text("name"), "B");
}

#[test]
fn aborting_a_write_in_flight_drops_the_entries_that_it_may_have_changed() {
    let (world, ada, workflow) = world_with_workflow();
    let other = world.server().add("workflows", json!({"user_id": ada.id(), "name": "B"}));
    ada.does("getWorkflow", json!([workflow]));
    ada.does("getWorkflow", json!([other]));
    ada.does("getWorkflows", json!([ada.id()]));
    world.network().slow("PATCH workflows", 10.0, 500.0);
    let write = ada.call("updateWorkflow", json!([workflow, {"name": "new"}]));
    world.pass(100.0);
    write.abort();
    write.fails_with("ABORTED");
    assert_eq!(ada.keys(), [format!("workflow:{other}")]);
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "new");
}

#[test]
fn aborting_a_write_before_it_is_sent_drops_nothing_and_sends_nothing() {
    let (world, ada, workflow) = world_with_workflow();
    ada.does("getWorkflow", json!([workflow]));
    ada.tokens().next(crate::support::tokens::Answer::After(500.0));
    world.take_requests();
    let write = ada.call("updateWorkflow", json!([workflow, {"name": "new"}]));
    world.pass(100.0);
    write.abort();
    write.fails_with("ABORTED");
    world.quiesce();
    assert_eq!(world.count_requests(), 0);
    assert_eq!(ada.keys(), [format!("workflow:{workflow}")]);
}

#[test]
fn aborting_the_delete_of_a_workflow_in_flight_drops_its_children_too() {
    let (world, ada, workflow) = world_with_workflow();
    ada.does("getWorkflowWithRelations", json!([workflow]));
    ada.does("getExecutionHistory", json!([workflow]));
    world.network().slow("DELETE workflows", 10.0, 500.0);
    let write = ada.call("deleteWorkflow", json!([workflow]));
    world.pass(100.0);
    write.abort();
    write.fails_with("ABORTED");
    assert_eq!(ada.keys(), Vec::<String>::new());
}

#[test]
fn an_aborted_signal_prevents_the_call() {
    let (world, ada, workflow) = world_with_workflow();
    let read = ada.call("getWorkflow", json!([workflow]));
    read.abort();
    read.fails_with("ABORTED");
    world.quiesce();
    assert_eq!(world.count_requests(), 0);
}

#[test]
fn every_started_attempt_reports_its_end() {
    let (world, ada, workflow) = world_with_workflow();
    world.network().once("GET workflows", crate::support::Fault::LostBefore);
    ada.does("getWorkflow", json!([workflow]));
    world.network().slow("GET workflows", 10.0, 500.0);
    let reader = ada.call("getWorkflows", json!([ada.id()]));
    world.pass(100.0);
    reader.abort();
    reader.fails_with("ABORTED");
    ada.does("createWorkflow", json!([ada.id(), {"name": "B"}]));
    let told = ada.take_events("");
    let told: Vec<_> =
        told.iter().filter(|line| line.starts_with("sent") || line.starts_with("attempt")).collect();
    let expected = [
        "sent 1 GET workflows for 1",
        "attempt 1 GET workflows 0 NETWORK",
        "sent 2 GET workflows for 1",
        "attempt 2 GET workflows 200 ok",
        "sent 1 GET workflows for 1",
        "attempt 1 GET workflows 0 ABORTED",
        "sent 1 POST workflows for 1",
        "attempt 1 POST workflows 201 ok",
    ];
    assert_eq!(told, expected);
}
