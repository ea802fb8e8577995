//! Concurrent reads share one request, and cache hits need none.

use crate::support::client::{id, Options};
use crate::support::tokens::Answer;
use crate::support::{Fault, World};
use serde_json::json;
use workflow_db::data::Data;

#[test]
fn fifty_equal_reads_make_one_request() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    let reads: Vec<_> = (0..50).map(|_| ada.call("getWorkflows", json!([ada.id()]))).collect();
    for read in &reads {
        assert_eq!(read.value().texts("name"), ["A"]);
    }
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn two_hundred_point_reads_make_at_most_three_requests() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let ids: Vec<String> = (0..200)
        .map(|n| world.server().add("workflows", json!({"user_id": ada.id(), "name": format!("{n}")})))
        .collect();
    let reads: Vec<_> = ids.iter().map(|id| ada.call("getWorkflow", json!([id]))).collect();
    for (read, id) in reads.iter().zip(&ids) {
        assert_eq!(read.value().text("id"), *id);
    }
    let requests = world.count_requests();
    assert!((1..=3).contains(&requests), "{requests} requests");
}

#[test]
fn a_second_read_is_answered_from_the_cache_with_the_same_object() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    let first = ada.does("getWorkflow", json!([workflow]));
    let second = ada.does("getWorkflow", json!([workflow]));
    let through_the_engine = ada.call_with(Options::default(), "getWorkflow", json!([workflow])).value();
    assert!(first.is_same(&second) && first.is_same(&through_the_engine));
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn a_missing_row_is_null_and_not_cached() {
    let world = World::new();
    let ada = world.signed_in("ada");
    assert!(ada.does("getWorkflow", json!([id("nothing")])).is_null());
    assert_eq!(ada.keys(), Vec::<String>::new());
    world.server().add("workflows", json!({"id": id("nothing"), "user_id": ada.id(), "name": "late"}));
    assert_eq!(ada.does("getWorkflow", json!([id("nothing")])).text("name"), "late");
    assert_eq!(world.count_requests(), 2);
}

#[test]
fn a_fresh_read_keeps_the_cached_entry_until_it_completes() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "old"}));
    ada.does("getWorkflow", json!([workflow]));
    world.server().change("workflows", &workflow, json!({"name": "new"}));
    let fresh = Options { fresh: true, ..Options::default() };
    let asking = ada.call_with(fresh, "getWorkflow", json!([workflow]));
    let joining = ada.call_with(fresh, "getWorkflow", json!([workflow]));
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "old");
    assert_eq!(asking.value().text("name"), "new");
    assert_eq!(joining.value().text("name"), "new");
    assert_eq!(world.count_requests(), 2);
}

#[test]
fn a_row_missing_in_a_fresh_read_leaves_the_cache() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    ada.does("getWorkflow", json!([workflow]));
    world.server().remove("workflows", &workflow);
    let fresh = Options { fresh: true, ..Options::default() };
    assert!(ada.call_with(fresh, "getWorkflow", json!([workflow])).value().is_null());
    assert_eq!(ada.keys(), Vec::<String>::new());
}

#[test]
fn a_failed_read_is_not_cached() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    world.network().once("GET workflows", Fault::Refused(500, "57014"));
    assert!(ada.fails("getWorkflow", json!([workflow])).is("57014"));
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
}

#[test]
fn unchanged_rows_are_the_same_objects_after_a_refetch() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let add = |name: &str| world.server().add("workflows", json!({"user_id": ada.id(), "name": name}));
    let (first, _) = (add("A"), add("B"));
    let before = ada.does("getWorkflows", json!([ada.id()]));
    let fresh = Options { fresh: true, ..Options::default() };
    let same = ada.call_with(fresh, "getWorkflows", json!([ada.id()])).value();
    assert!(before.is_same(&same), "an equal list is the same list");
    world.server().change("workflows", &first, json!({"name": "A2"}));
    let after = ada.call_with(fresh, "getWorkflows", json!([ada.id()])).value();
    assert_eq!(after.texts("name"), ["A2", "B"]);
    assert!(!after.is_same(&before));
    assert!(after.item(1).is_same(&before.item(0)), "B is untouched");
}

#[test]
fn a_page_is_always_requested_and_past_the_end_is_empty_with_the_total() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    for _ in 0..5 {
        world.server().add("workflow_executions", json!({"workflow_id": workflow, "user_id": ada.id()}));
    }
    let page = |limit: u32, offset: u32| {
        ada.does("getExecutionHistory", json!([workflow, limit, offset])).to_value()
    };
    let first = page(2, 0);
    assert_eq!(first["data"].as_array().map(Vec::len), Some(2));
    assert_eq!((&first["total"], &first["page"], &first["hasMore"]), (&json!(5), &json!(0), &json!(true)));
    let last = page(2, 4);
    assert_eq!(last["data"].as_array().map(Vec::len), Some(1));
    assert_eq!((&last["page"], &last["hasMore"]), (&json!(2), &json!(false)));
    for offset in [5, 6, 600] {
        let beyond = page(2, offset);
        assert_eq!(
            (&beyond["data"], &beyond["total"], &beyond["hasMore"]),
            (&json!([]), &json!(5), &json!(false))
        );
    }
    page(2, 0);
    assert_eq!(world.count_requests(), 6, "one request each");
}

#[test]
fn the_keys_of_reads_that_wait_for_the_server_are_known() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    let list = ada.call("getWorkflows", json!([ada.id()]));
    let whole = ada.call("getWorkflowWithRelations", json!([id]));
    world.pass(5.0);
    let mut keys = ada.engine.keys_under_way();
    keys.sort_unstable();
    let parts = ["workflow:", "workflow_connections:", "workflow_nodes:"].map(|part| format!("{part}{id}"));
    let [workflow, connections, nodes] = parts;
    let relations = format!("{workflow}?relations");
    assert_eq!(keys, [workflow, relations, connections, nodes, format!("workflows:{}", ada.id())]);
    list.value();
    whole.value();
    assert_eq!(ada.engine.keys_under_way(), Vec::<String>::new());
}

#[test]
fn a_read_that_was_not_sent_yet_is_joined_whatever_changed_before() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    ada.tokens().next(Answer::After(500.0));
    let first = ada.call("getWorkflows", json!([ada.id()]));
    world.pass(100.0);
    ada.engine.invalidate(&format!("workflows:{}", ada.id()));
    world.server().change("workflows", &id, json!({"name": "B"}));
    let second = ada.call("getWorkflows", json!([ada.id()]));
    for read in [first, second] {
        assert_eq!(read.value().texts("name"), ["B"]);
    }
    assert_eq!(world.count_requests(), 1);
    assert!(ada.cached(&format!("workflows:{}", ada.id())).is_some(), "it is the latest state");
}
