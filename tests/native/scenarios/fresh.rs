//! Reads that must reach the server: `fresh`, pages, and the refresh of a stale entry.

use crate::support::client::Options;
use crate::support::tokens::Answer;
use crate::support::{Client, Pending, World};
use serde_json::json;

const FRESH: Options =
    Options { fresh: true, ttl_ms: None, timeout_ms: None, is_resent: false, is_of_user: false };

/// Two workflows, alpha and beta, in a cached list that contains an old name of alpha.
fn with_outdated_list() -> (World, Client, [String; 2]) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let ids = ["alpha", "beta"]
        .map(|name| world.server().add("workflows", json!({"user_id": ada.id(), "name": name})));
    ada.does("getWorkflows", json!([ada.id()]));
    world.server().change("workflows", &ids[0], json!({"name": "renamed"}));
    world.take_requests();
    (world, ada, ids)
}

/// A fresh read of the list whose response is in transit.
fn pending_refresh(world: &World, ada: &Client) -> Pending {
    world.network().slow("GET workflows", 10.0, 500.0);
    let refresh = ada.call_with(FRESH, "getWorkflows", json!([ada.id()]));
    world.pass(100.0);
    refresh
}

fn names(rows: &crate::support::Json) -> Vec<String> {
    let mut names = rows.texts("name");
    names.sort_unstable();
    names
}

#[test]
fn a_fresh_list_overtaken_by_an_own_write_is_requested_again_and_shows_both_changes() {
    let (world, ada, ids) = with_outdated_list();
    let refresh = pending_refresh(&world, &ada);
    ada.does("updateWorkflow", json!([ids[1], {"name": "changed"}]));
    assert_eq!(names(&refresh.value()), ["changed", "renamed"]);
    assert_eq!(world.count_requests(), 3, "the list, the write, and the list once more");
    assert_eq!(names(&ada.does("getWorkflows", json!([ada.id()]))), ["changed", "renamed"]);
    assert_eq!(world.count_requests(), 0, "the answer is what everybody sees");
}

#[test]
fn a_fresh_read_overtaken_by_an_invalidation_is_requested_again() {
    let (world, ada, _) = with_outdated_list();
    let refresh = pending_refresh(&world, &ada);
    ada.engine.invalidate(&format!("workflows:{}", ada.id()));
    refresh.value();
    assert_eq!(ada.keys(), [format!("workflows:{}", ada.id())]);
}

#[test]
fn a_fresh_read_overtaken_by_a_delete_does_not_bring_the_row_back() {
    let (world, ada, ids) = with_outdated_list();
    let refresh = pending_refresh(&world, &ada);
    ada.does("deleteWorkflow", json!([ids[1]]));
    assert_eq!(refresh.value().texts("name"), ["renamed"]);
    assert_eq!(ada.does("getWorkflows", json!([ada.id()])).texts("name"), ["renamed"]);
}

#[test]
fn a_fresh_read_that_is_overtaken_repeatedly_ends_and_leaves_no_older_rows() {
    let (world, ada, ids) = with_outdated_list();
    for _ in 0..4 {
        world.network().slow("GET workflows", 10.0, 500.0);
    }
    let refresh = ada.call_with(FRESH, "getWorkflows", json!([ada.id()]));
    for count in 0..4 {
        world.pass(100.0);
        ada.does("updateWorkflow", json!([ids[1], {"name": format!("changed {count}")}]));
        world.pass(410.0);
    }
    assert_eq!(names(&refresh.value()), ["changed 2", "renamed"]);
    assert_eq!(world.count_requests(), 8, "four reads and four writes");
    assert_eq!(names(&ada.does("getWorkflows", json!([ada.id()]))), ["changed 3", "renamed"]);
}

#[test]
fn a_deleted_workflow_is_not_composed_of_its_cached_parts_after_a_fresh_read() {
    let (world, ada, ids) = with_outdated_list();
    ada.does("getWorkflowWithRelations", json!([ids[1]]));
    world.server().remove("workflows", &ids[1]);
    assert!(ada.call_with(FRESH, "getWorkflowWithRelations", json!([ids[1]])).value().is_null());
    assert!(ada.does("getWorkflowWithRelations", json!([ids[1]])).is_null());
    assert!(ada.does("getWorkflow", json!([ids[1]])).is_null());
}

#[test]
fn relations_that_are_overtaken_repeatedly_leave_no_older_parts() {
    let (world, ada, ids) = with_outdated_list();
    let node = json!({"workflow_id": ids[1], "node_id": "n", "node_type": "old"});
    let node = world.server().add("workflow_nodes", node);
    ada.does("getWorkflowWithRelations", json!([ids[1]]));
    world.server().change("workflow_nodes", &node, json!({"node_type": "new"}));
    for _ in 0..4 {
        world.network().slow("GET workflows", 10.0, 500.0);
    }
    let refresh = ada.call_with(FRESH, "getWorkflowWithRelations", json!([ids[1]]));
    for count in 0..4 {
        world.pass(100.0);
        ada.does("updateWorkflow", json!([ids[1], {"name": format!("changed {count}")}]));
        world.pass(410.0);
    }
    refresh.value();
    let whole = ada.does("getWorkflowWithRelations", json!([ids[1]])).to_value();
    assert_eq!((&whole["name"], &whole["nodes"][0]["node_type"]), (&json!("changed 3"), &json!("new")));
    assert_eq!(ada.does("getWorkflowNodes", json!([ids[1]])).texts("node_type"), ["new"]);
}

#[test]
fn a_fresh_read_joins_only_unsent_requests() {
    let (world, ada, ids) = with_outdated_list();
    let early = ada.call("getWorkflow", json!([ids[0]]));
    let joined = ada.call_with(FRESH, "getWorkflow", json!([ids[0]]));
    assert!(joined.value().is_same(&early.value()));
    let requests = world.take_requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].is_fresh, "it goes past the HTTP cache though the first to ask did not say so");

    ada.engine.invalidate_where(&|_| true);
    world.network().slow("GET workflows", 10.0, 500.0);
    let sent = ada.call("getWorkflow", json!([ids[0]]));
    world.pass(100.0);
    world.server().change("workflows", &ids[0], json!({"name": "newer"}));
    let fresh = ada.call_with(FRESH, "getWorkflow", json!([ids[0]]));
    assert_eq!(fresh.value().text("name"), "newer");
    assert!(!sent.is_done());
    let is_fresh: Vec<bool> = world.take_requests().iter().map(|request| request.is_fresh).collect();
    assert_eq!(is_fresh, [false, true]);
}

#[test]
fn the_response_to_an_earlier_request_does_not_replace_that_of_a_fresh_read() {
    for (early, key) in [("getWorkflow", ""), ("getWorkflowWithRelations", "?relations")] {
        let (world, ada, ids) = with_outdated_list();
        world.network().slow("GET workflows", 10.0, 500.0);
        let early = ada.call(early, json!([ids[0]]));
        world.pass(100.0);
        world.server().change("workflows", &ids[0], json!({"name": "newer"}));
        ada.call_with(FRESH, "getWorkflow", json!([ids[0]])).value();
        assert_eq!(early.value().text("name"), "renamed");
        assert_eq!(ada.does("getWorkflow", json!([ids[0]])).text("name"), "newer");
        assert!(key.is_empty() || ada.cached(&format!("workflow:{}{key}", ids[0])).is_none());
    }
}

#[test]
fn the_response_to_a_later_request_may_replace_that_of_a_fresh_read() {
    let (world, ada, ids) = with_outdated_list();
    world.network().slow("GET workflows", 10.0, 500.0);
    let first = ada.call_with(FRESH, "getWorkflow", json!([ids[0]]));
    world.pass(100.0);
    world.server().change("workflows", &ids[0], json!({"name": "newer"}));
    let second = ada.call_with(FRESH, "getWorkflow", json!([ids[0]]));
    assert_eq!(second.value().text("name"), "newer");
    first.value();
    assert_eq!(ada.does("getWorkflow", json!([ids[0]])).text("name"), "newer");
}

#[test]
fn a_page_overtaken_while_an_older_one_is_stored_is_requested_again() {
    let (world, ada, ids) = with_outdated_list();
    let add =
        || world.server().add("workflow_executions", json!({"workflow_id": ids[0], "user_id": ada.id()}));
    let first = add();
    ada.does("getExecutionHistory", json!([ids[0]]));
    add();
    world.take_requests();
    world.network().slow("GET workflow_executions", 10.0, 500.0);
    let page = ada.call("getExecutionHistory", json!([ids[0]]));
    world.pass(100.0);
    ada.does("updateExecution", json!([first, {"status": "failed"}]));
    page.value();
    let stored =
        ada.cached(&format!("executions:{}?limit=50", ids[0])).expect("the page is shown").to_value();
    assert_eq!((&stored["total"], &stored["data"][1]["status"]), (&json!(2), &json!("failed")));
    assert_eq!(world.count_requests(), 3, "the page, the write, and the page once more");
}

#[test]
fn an_overtaken_refresh_of_a_stale_entry_is_requested_again() {
    let (world, ada, ids) = with_outdated_list();
    ada.configure(|settings| settings.cache.stale_ms = Some(1_000.0));
    world.pass(2_000.0);
    world.network().slow("GET workflows", 10.0, 500.0);
    assert_eq!(names(&ada.does("getWorkflows", json!([ada.id()]))), ["alpha", "beta"]);
    world.pass(100.0);
    ada.does("updateWorkflow", json!([ids[1], {"name": "changed"}]));
    world.pass(600.0);
    assert_eq!(names(&ada.does("getWorkflows", json!([ada.id()]))), ["changed", "renamed"]);
}

#[test]
fn a_change_before_the_repeated_read_is_sent_does_not_repeat_it_again() {
    let (world, ada, ids) = with_outdated_list();
    let refresh = pending_refresh(&world, &ada);
    ada.does("updateWorkflow", json!([ids[1], {"name": "changed"}]));
    ada.tokens().next(Answer::After(300.0));
    world.pass(410.0);
    ada.does("updateWorkflow", json!([ids[1], {"name": "changed again"}]));
    assert_eq!(names(&refresh.value()), ["changed again", "renamed"]);
    assert_eq!(world.count_requests(), 4, "two reads and two writes");
}
