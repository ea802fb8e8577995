//! Rows that are created after a read found that they do not exist.

use super::live::{follow, take_told};
use crate::support::random::uuid_of;
use crate::support::{realtime, World};
use serde_json::json;

/// A hook subscribes when its first read is answered. Nothing reports a row that is created between that answer and the
/// first reading of the subscription.
#[test]
fn a_row_that_was_missing_when_it_was_read_is_announced_by_the_first_reading_of_its_scope() {
    let world = World::new();
    let client = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "w"}));
    let id = uuid_of("later");
    assert_eq!(client.does("getExecution", json!([id])).to_value(), json!(null));
    let row = json!({"id": id, "workflow_id": workflow, "user_id": uuid_of("ada")});
    world.server().add("workflow_executions", row);
    client.mirror().take_told();
    let subscription = follow(&client, "workflow_executions", Some(&workflow), None);
    world.pass(10_000.0);
    let told = client.mirror().take_told();
    assert_eq!(told.iter().filter(|key| **key == format!("execution:{id}")).count(), 1);
    assert_eq!(take_told(&client, subscription).len(), 1);
    realtime::restart(&world.core);
    world.pass(30_000.0);
    assert_eq!(take_told(&client, subscription), [], "once");
}

#[test]
fn a_workflow_that_was_missing_with_its_relations_is_announced_under_its_own_key() {
    let world = World::new();
    let client = world.signed_in("ada");
    let id = uuid_of("later");
    assert_eq!(client.does("getWorkflowWithRelations", json!([id])).to_value(), json!(null));
    let row = json!({"id": id, "user_id": uuid_of("ada"), "name": "later"});
    world.server().add("workflows", row);
    client.mirror().take_told();
    follow(&client, "workflows", Some(&uuid_of("ada")), None);
    world.pass(10_000.0);
    assert!(client.mirror().take_told().contains(&format!("workflow:{id}")));
}
