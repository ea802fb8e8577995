//! Lists are complete although the server caps responses and other clients make changes.

use crate::support::{Client, World};
use serde_json::json;
use std::collections::BTreeSet;
use workflow_db::data::Data;

fn add_workflows(world: &World, ada: &Client, count: usize) -> Vec<String> {
    (0..count)
        .map(|n| world.server().add("workflows", json!({"user_id": ada.id(), "name": format!("{n:04}")})))
        .collect()
}

fn is_complete(count: usize, max_rows: usize) {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = max_rows;
    let mut ids = add_workflows(&world, &ada, count);
    ids.reverse();
    let list = ada.does("getWorkflows", json!([ada.id()]));
    assert_eq!(list.ids(), ids, "{count} rows of at most {max_rows} an answer");
    assert_eq!(world.count_requests(), count.div_ceil(max_rows));
}

#[test]
fn a_list_of_1205_rows_is_complete() {
    is_complete(1_205, 1_000);
}

#[test]
fn a_list_of_2500_rows_is_complete() {
    is_complete(2_500, 1_000);
}

#[test]
fn lists_are_complete_under_odd_caps() {
    is_complete(1_205, 999);
    is_complete(100, 7);
    is_complete(98, 7);
    is_complete(3, 1);
}

#[test]
fn rows_with_equal_times_are_distinguished_by_id() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = 7;
    for n in 0..50 {
        let updated_at = if n % 3 == 0 { "2024-05-02T00:00:00" } else { "2024-05-01T00:00:00" };
        let row = json!({"user_id": ada.id(), "name": format!("{n}"), "updated_at": updated_at});
        world.server().add("workflows", row);
    }
    let list = ada.does("getWorkflows", json!([ada.id()]));
    let mut expected: Vec<_> =
        list.items().iter().map(|row| (row.text("updated_at"), row.text("id"))).collect();
    expected.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    assert_eq!(list.ids(), expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
    assert_eq!(list.len(), 50);
}

#[test]
fn rows_updated_between_two_responses_are_neither_lost_nor_duplicated() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = 7;
    let ids = add_workflows(&world, &ada, 40);
    let read = ada.call("getWorkflows", json!([ada.id()]));
    // Every 15 ms, an unread row moves to the front, which has already been read.
    for n in 0..6 {
        world.pass(15.0);
        world.server().change("workflows", &ids[n * 2], json!({"description": "moved"}));
    }
    let list = read.value();
    let expected: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(list.len(), 40);
    assert_eq!(list.ids().iter().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn a_row_that_moves_back_during_a_read_appears_once() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = 5;
    let ids = add_workflows(&world, &ada, 20);
    let read =
        ada.call("getWorkflows", json!([{"userId": ada.id(), "sortBy": "updated_at", "sortOrder": "asc"}]));
    world.pass(25.0);
    // The first row, already read, becomes the last.
    world.server().change("workflows", &ids[0], json!({"description": "moved"}));
    let list = read.value();
    assert_eq!(list.len(), 20);
    assert_eq!(list.ids().last(), Some(&ids[0]));
}

#[test]
fn a_list_sorted_by_name_is_complete() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = 7;
    for name in
        ["b,c", "(a)", "\"quoted\"", "a\\b", "ünï", "Z", "a%20b", "e&f=g", "", "x;y", "new\nline", "#"]
    {
        world.server().add("workflows", json!({"user_id": ada.id(), "name": name}));
    }
    for order in ["asc", "desc"] {
        let query = json!([{"userId": ada.id(), "sortBy": "name", "sortOrder": order}]);
        let names = ada.does("getWorkflows", query).texts("name");
        let mut expected = names.clone();
        expected.sort_unstable();
        if order == "desc" {
            expected.reverse();
        }
        assert_eq!(names, expected);
        assert_eq!(names.len(), 12);
    }
}

#[test]
fn a_limit_beyond_max_rows_is_filled() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = 7;
    let mut ids = add_workflows(&world, &ada, 30);
    ids.reverse();
    let list = ada.does("getWorkflows", json!([{"userId": ada.id(), "limit": 18, "offset": 3}]));
    assert_eq!(list.ids(), ids[3..21]);
    let rest = ada.does("getWorkflows", json!([{"userId": ada.id(), "limit": 18, "offset": 25}]));
    assert_eq!(rest.ids(), ids[25..]);
}

#[test]
fn a_page_beyond_max_rows_is_filled() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = 7;
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    for _ in 0..20 {
        world.server().add("workflow_executions", json!({"workflow_id": workflow, "user_id": ada.id()}));
    }
    let page = ada.does("getExecutionHistory", json!([workflow, 10, 5])).to_value();
    assert_eq!(page["data"].as_array().map(Vec::len), Some(10));
    assert_eq!((&page["total"], &page["hasMore"]), (&json!(20), &json!(true)));
}

#[test]
fn a_date_only_end_includes_the_whole_day() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    for created_at in [
        "2024-02-27T23:59:59.999999",
        "2024-02-28T00:00:00",
        "2024-02-29T23:59:59.999999",
        "2024-03-01T00:00:00",
    ] {
        let row = json!({"workflow_id": workflow, "user_id": ada.id(), "created_at": created_at});
        world.server().add("workflow_executions", row);
    }
    let query = json!([{"userId": ada.id(), "startDate": "2024-02-28", "endDate": "2024-02-29"}]);
    let page = ada.does("getExecutionHistory", query).to_value();
    assert_eq!(page["total"], json!(2));
    let query = json!([{"userId": ada.id(), "endDate": "9999-12-31"}]);
    assert_eq!(ada.does("getExecutionHistory", query).to_value()["total"], json!(4), "the last day of all");
    let query = json!([{"userId": ada.id(), "endDate": "2024-02-28T02:00:00+02:00"}]);
    assert_eq!(ada.does("getExecutionHistory", query).to_value()["total"], json!(2));
}
