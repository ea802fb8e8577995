//! Equal rows are the same object for as long as the application may show them.

use crate::support::client::Options;
use crate::support::{Client, Json, World};
use serde_json::json;
use workflow_db::data::Data;

fn with_list() -> (World, Client, [String; 2], Json) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let ids =
        ["a", "b"].map(|name| world.server().add("workflows", json!({"user_id": ada.id(), "name": name})));
    let list = ada.does("getWorkflows", json!([ada.id()]));
    (world, ada, ids, list)
}

/// A way in which an entry leaves the cache.
type Leave = fn(&World, &Client);

/// Whether each row is the same object in both lists.
fn are_same(before: &Json, after: &Json) -> Vec<bool> {
    before.items().iter().zip(after.items()).map(|(before, after)| before.is_same(&after)).collect()
}

#[test]
fn rows_that_are_read_again_are_the_same_objects_however_their_entry_left() {
    let ways: [(&str, Leave); 5] = [
        ("invalidated", |_, ada| ada.engine.invalidate(&format!("workflows:{}", ada.id()))),
        ("invalidated by a pattern", |_, ada| ada.engine.invalidate_where(&|key| key.contains("workflows"))),
        ("cleared", |_, ada| ada.engine.invalidate_where(&|_| true)),
        ("expired", |world, _| world.pass(300_000.0)),
        ("evicted", |_, ada| {
            ada.configure(|settings| settings.cache.max_size = 1);
            ada.does("getFavorites", json!([ada.id()]));
        }),
    ];
    for (way, leave) in ways {
        let (world, ada, _, before) = with_list();
        leave(&world, &ada);
        world.take_requests();
        let after = ada.does("getWorkflows", json!([ada.id()]));
        assert_eq!(world.count_requests(), 1, "{way}");
        assert_eq!(are_same(&before, &after), [true, true], "{way}");
    }
}

#[test]
fn only_a_changed_row_becomes_a_new_object() {
    let (world, ada, ids, before) = with_list();
    world.server().change("workflows", &ids[1], json!({"description": "changed"}));
    ada.engine.invalidate_where(&|_| true);
    let after = ada.does("getWorkflows", json!([ada.id()]));
    assert_eq!(are_same(&before, &after), [false, true]);
}

#[test]
fn a_row_is_the_same_object_in_every_entry() {
    let (_world, ada, ids, list) = with_list();
    let all = ada.does("getWorkflows", json!([ada.id(), true]));
    assert_eq!(are_same(&list, &all), [true, true]);
    assert!(ada.does("getWorkflow", json!([ids[1]])).is_same(&list.item(0)));
}

#[test]
fn the_result_of_an_own_write_is_the_same_object_when_it_is_read_again() {
    let (_world, ada, ids, _) = with_list();
    let written = ada.does("updateWorkflow", json!([ids[0], {"name": "renamed"}]));
    ada.engine.invalidate_where(&|_| true);
    assert!(ada.does("getWorkflows", json!([ada.id()])).item(0).is_same(&written));
}

#[test]
fn rows_of_a_page_stay_the_same_objects_when_a_row_is_added() {
    let (world, ada, ids, _) = with_list();
    let add =
        || world.server().add("workflow_executions", json!({"workflow_id": ids[0], "user_id": ada.id()}));
    add();
    let before = ada.does("getExecutionHistory", json!([ids[0]])).child("data").expect("rows");
    add();
    let after = ada.does("getExecutionHistory", json!([ids[0]])).child("data").expect("rows");
    assert!(after.item(1).is_same(&before.item(0)));
}

#[test]
fn a_workflow_with_relations_that_is_read_again_is_the_same_object() {
    let (world, ada, ids, _) = with_list();
    world.server().add("workflow_nodes", json!({"workflow_id": ids[0], "node_type": "t", "node_id": "n"}));
    let before = ada.does("getWorkflowWithRelations", json!([ids[0]]));
    ada.engine.invalidate_where(&|_| true);
    let after = ada.does("getWorkflowWithRelations", json!([ids[0]]));
    assert!(after.is_same(&before));
}

#[test]
fn equal_rows_of_an_overtaken_response_are_the_same_objects() {
    let (world, ada, ids, before) = with_list();
    ada.engine.invalidate_where(&|_| true);
    world.network().slow("GET workflows", 10.0, 500.0);
    let read = ada.call("getWorkflows", json!([ada.id()]));
    world.pass(100.0);
    ada.does("updateWorkflow", json!([ids[0], {"name": "renamed"}]));
    assert!(read.value().item(0).is_same(&before.item(0)));
}

#[test]
fn another_user_never_receives_objects_of_the_previous_one() {
    let (world, ada, ids, _) = with_list();
    world.server().change("workflows", &ids[0], json!({"is_public": true}));
    let fresh = Options { fresh: true, ..Options::default() };
    let before = ada.call_with(fresh, "getWorkflow", json!([ids[0]])).value();
    world.signed_in("bob");
    ada.switch_to(Some("bob"));
    world.settle();
    let after = ada.does("getWorkflow", json!([ids[0]]));
    assert!(after == before && !after.is_same(&before));
}
