//! Lists are complete or fail, even if a server or proxy reports a wrong number of rows.

use crate::support::client::Pending;
use crate::support::network::Fault;
use crate::support::random::uuid_of;
use crate::support::{realtime, Client, World};
use serde_json::{json, Value};
use workflow_db::data::Data;
use workflow_db::error::Error;
use workflow_db::subscriptions::{Notice, Selection};

const ALWAYS: u32 = u32::MAX;
/// The maximum number of rows in a response.
const MAX_ROWS: usize = 7;

/// A client, the id of a workflow with this many nodes, connections and executions, and a fault that affects every
/// read.
fn world_with(count: usize, fault: Fault) -> (World, Client, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = MAX_ROWS;
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    for n in 0..count {
        let node = json!({"workflow_id": workflow, "node_type": "t", "node_id": format!("n{n}")});
        world.server().add("workflow_nodes", node);
        let connection = json!({
            "workflow_id": workflow, "source_node_id": format!("s{n}"), "target_node_id": "t",
            "connection_id": format!("c{n}"),
        });
        world.server().add("workflow_connections", connection);
        world.server().add("workflow_executions", json!({"workflow_id": workflow, "user_id": ada.id()}));
    }
    world.network().times(ALWAYS, "GET ", fault);
    (world, ada, workflow)
}

fn expected_names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("n{n}")).collect()
}

#[track_caller]
fn assert_names_the_header(error: &Error) {
    assert_eq!(error.code, "NETWORK");
    assert!(error.message.contains("Content-Range"), "{}", error.message);
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("Access-Control-Expose-Headers")));
}

#[track_caller]
fn assert_is_not_the_answer(call: &Pending) {
    let error = call.fails_with("NETWORK");
    assert!(error.message.contains("rows that were not requested"), "{}", error.message);
}

/// Values of `Content-Range` without a usable number of rows.
const UNREADABLE: [Option<&str>; 13] = [
    None,
    Some(""),
    Some("*/*"),
    Some("0-6/*"),
    Some("garbage"),
    Some("0-6/abc"),
    Some("0-6/-20"),
    Some("0-6/+20"),
    Some("0-6/20.5"),
    Some("0-6/99999999999999999999"),
    Some("0-6/20, 0-6/20"),
    Some("0-6"),
    // Less than the number of rows in the response.
    Some("0-6/3"),
];

#[test]
fn lists_are_complete_without_a_readable_row_count() {
    for range in UNREADABLE {
        for count in [0, 1, 6, 7, 8, 20] {
            let (world, ada, workflow) = world_with(count, Fault::Range(range));
            let nodes = ada.does("getWorkflowNodes", json!([workflow]));
            assert_eq!(nodes.texts("node_id"), expected_names(count), "{count} nodes, {range:?}");
            // The responses with rows and one that shows the end, at most twice.
            let most = 2 * (count.div_ceil(MAX_ROWS) + 1) + 1;
            let requests = world.count_requests();
            assert!(requests <= most, "{requests} requests for {count} nodes");
        }
    }
}

#[test]
fn a_list_sorted_by_change_loses_no_moving_row_without_a_readable_row_count() {
    let (world, ada, _) = world_with(0, Fault::Range(None));
    let ids: Vec<_> = (0..20)
        .map(|n| world.server().add("workflows", json!({"user_id": ada.id(), "name": format!("{n}")})))
        .collect();
    let read = ada.call("getWorkflows", json!([ada.id()]));
    // While the second response is in transit, an unread row moves to a position that was already read.
    world.pass(25.0);
    world.server().change("workflows", &ids[0], json!({"description": "moved"}));
    assert_eq!(read.value().len(), 21);
}

#[test]
fn a_limited_list_is_filled_without_a_readable_row_count() {
    let (world, ada, _) = world_with(0, Fault::Range(None));
    for n in 0..20 {
        world.server().add("workflows", json!({"user_id": ada.id(), "name": format!("{n:02}")}));
    }
    for sort in ["created_at", "name"] {
        let query = |offset| json!([{"userId": ada.id(), "sortBy": sort, "sortOrder": "asc", "limit": 12, "offset": offset}]);
        assert_eq!(ada.does("getWorkflows", query(3)).len(), 12);
        assert_eq!(ada.does("getWorkflows", query(15)).len(), 6);
        assert_eq!(ada.does("getWorkflows", query(40)).len(), 0);
    }
}

#[test]
fn relations_are_complete_if_their_embedded_counts_are_missing_or_wrong() {
    let alter: [fn(&mut Vec<Value>); 11] = [
        |rows| set_counts(rows, Value::Null),
        |rows| set_counts(rows, json!([])),
        |rows| set_counts(rows, json!([{}])),
        |rows| set_counts(rows, json!("20")),
        |rows| set_counts(rows, json!([{"count": null}])),
        |rows| set_counts(rows, json!([{"count": "20"}])),
        |rows| set_counts(rows, json!([{"count": -1}])),
        |rows| set_counts(rows, json!([{"count": 0}])),
        |rows| set_counts(rows, json!([{"count": 19.5}])),
        |rows| set_counts(rows, json!([{"count": 3}])),
        |rows| set_counts(rows, json!([{"count": 500}])),
    ];
    for alter in alter {
        for count in [0, 7, 20] {
            let (_world, ada, workflow) = world_with(count, Fault::Altered(alter));
            let whole = ada.does("getWorkflowWithRelations", json!([workflow]));
            let nodes = whole.child("nodes").expect("nodes");
            assert_eq!(nodes.texts("node_id"), expected_names(count));
            assert_eq!(whole.child("connections").map(|list| list.len()), Some(count));
        }
    }
}

fn set_counts(rows: &mut [Value], count: Value) {
    for row in rows.iter_mut().filter(|row| row.get("node_count").is_some()) {
        row["node_count"] = count.clone();
        row["connection_count"] = count.clone();
    }
}

#[test]
fn relations_without_their_lists_are_an_error_and_not_empty() {
    let (_world, ada, workflow) = world_with(3, Fault::Altered(|rows| drop(rows[0]["nodes"].take())));
    assert_is_not_the_answer(&ada.call("getWorkflowWithRelations", json!([workflow])));
    assert_eq!(ada.keys(), Vec::<String>::new());
}

#[test]
fn pages_without_a_row_count_fail_with_the_name_of_the_header() {
    for range in UNREADABLE {
        let (world, ada, workflow) = world_with(20, Fault::Range(range));
        let error = ada.fails("getExecutionHistory", json!([workflow, 5]));
        assert_names_the_header(&error);
        let error = ada.fails("getExecutionsPage", json!([{"userId": ada.id(), "pageSize": 5}]));
        assert_names_the_header(&error);
        assert_eq!(world.count_requests(), 2);
    }
}

#[test]
fn a_later_page_without_a_row_count_fails_with_the_name_of_the_header() {
    let (world, ada, _) = world_with(20, Fault::Altered(|_| ()));
    let page = |cursor: &Value| json!([{"userId": ada.id(), "pageSize": 5, "cursor": cursor}]);
    let first = ada.does("getExecutionsPage", page(&Value::Null)).to_value();
    // Of the page's two requests, first the one that counts the whole list, then the one for the rows.
    for request in ["GET workflow_executions?select=id", "GET workflow_executions?select=*"] {
        world.network().first(request, Fault::Range(Some("*/*")));
        assert_names_the_header(&ada.fails("getExecutionsPage", page(&first["nextCursor"])));
    }
}

#[test]
fn responses_that_start_over_fail_the_read() {
    // One request, a response that starts over, and no further request.
    for (name, column) in [("getWorkflows", "updated_at"), ("getWorkflows", "name"), ("getWorkflowNodes", "")]
    {
        let (world, ada, workflow) = world_with(20, Fault::Beginning);
        for n in 0..20 {
            world.server().add(
                "workflows",
                json!({"user_id": ada.id(), "name": format!("{}", n % 3), "id": uuid_of(&format!("{n}"))}),
            );
        }
        let arguments = if column.is_empty() {
            json!([workflow])
        } else {
            json!([{"userId": ada.id(), "sortBy": column}])
        };
        assert_is_not_the_answer(&ada.call(name, arguments));
        assert_eq!(world.count_requests(), 2, "{name} {column}");
        assert_eq!(ada.keys(), Vec::<String>::new());
    }
}

#[test]
fn pages_that_start_over_are_errors() {
    let (world, ada, workflow) = world_with(20, Fault::Beginning);
    assert_is_not_the_answer(&ada.call("getExecutionHistory", json!([workflow, 5, 5])));
    for sort in ["created_at", "name"] {
        for n in 0..9 {
            world.server().add("workflows", json!({"user_id": ada.id(), "name": format!("{sort} {n}")}));
        }
        let page =
            |cursor: &Value| json!([{"userId": ada.id(), "sortBy": sort, "pageSize": 4, "cursor": cursor}]);
        let first = ada.does("getWorkflowsPage", page(&Value::Null)).to_value();
        assert_is_not_the_answer(&ada.call("getWorkflowsPage", page(&first["nextCursor"])));
    }
}

#[test]
fn rows_without_the_sort_columns_fail_the_read() {
    let alter: [fn(&mut Vec<Value>); 2] = [
        |rows| rows.iter_mut().for_each(|row| drop(row.as_object_mut().map(|row| row.remove("id")))),
        |rows| rows.iter_mut().for_each(|row| drop(row.as_object_mut().map(|row| row.remove("created_at")))),
    ];
    for alter in alter {
        let (world, ada, workflow) = world_with(20, Fault::Altered(alter));
        assert_is_not_the_answer(&ada.call("getWorkflowNodes", json!([workflow])));
        assert_eq!(world.count_requests(), 1);
    }
}

#[test]
fn rows_in_another_order_fail_the_read() {
    let (world, ada, workflow) = world_with(20, Fault::Altered(|rows| rows.reverse()));
    assert_is_not_the_answer(&ada.call("getWorkflowNodes", json!([workflow])));
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn a_row_count_that_stays_too_large_still_returns_the_whole_list() {
    for count in [0, 2, 7, 20] {
        let (world, ada, workflow) = world_with(count, Fault::Range(Some("0-1/1000")));
        let nodes = ada.does("getWorkflowNodes", json!([workflow]));
        assert_eq!(nodes.texts("node_id"), expected_names(count));
        let requests = world.count_requests();
        assert!(requests <= 2 * (count.div_ceil(MAX_ROWS) + 1) + 1, "{requests} requests for {count} nodes");
    }
}

#[test]
fn a_page_reports_the_true_total_despite_a_wrong_count() {
    let (_world, ada, workflow) = world_with(3, Fault::Range(Some("*/1000")));
    let page = ada.does("getExecutionHistory", json!([workflow, 5])).to_value();
    assert_eq!((&page["total"], &page["hasMore"]), (&json!(3), &json!(false)));
    let page = ada.does("getExecutionsPage", json!([{"userId": ada.id(), "pageSize": 5}])).to_value();
    assert_eq!((&page["total"], &page["nextCursor"]), (&json!(3), &Value::Null));
    let error = ada.fails("getExecutionHistory", json!([workflow, 5, 5]));
    assert_eq!(error.code, "NETWORK");
    assert!(error.message.contains("Content-Range"), "{}", error.message);
}

#[test]
fn a_response_with_more_rows_than_requested_is_an_error() {
    let double: fn(&mut Vec<Value>) = |rows| rows.extend(rows.clone());
    let (_world, ada, workflow) = world_with(20, Fault::Altered(double));
    assert_is_not_the_answer(&ada.call("getExecutionHistory", json!([workflow, 5])));
    assert_is_not_the_answer(&ada.call("getExecutionsPage", json!([{"userId": ada.id(), "pageSize": 5}])));
    assert_is_not_the_answer(&ada.call("getWorkflows", json!([{"userId": ada.id(), "limit": 1}])));
}

#[test]
fn a_batch_whose_response_contains_other_rows_fails_instead_of_returning_null() {
    let rename: fn(&mut Vec<Value>) = |rows| {
        for row in rows {
            row["id"] = json!(uuid_of("another"));
        }
    };
    let (_world, ada, workflow) = world_with(0, Fault::Altered(rename));
    let alone = ada.call("getWorkflow", json!([workflow]));
    assert_is_not_the_answer(&alone);
    let both = [workflow, uuid_of("none")].map(|id| ada.call("getWorkflow", json!([id])));
    both.iter().for_each(assert_is_not_the_answer);
    assert_eq!(ada.keys(), Vec::<String>::new());
}

#[test]
fn subscriptions_are_compared_without_a_readable_row_count() {
    let (world, ada, workflow) = world_with(20, Fault::Range(None));
    let selection = Selection::new("workflow_nodes", Some(workflow.clone()), None).expect("it is valid");
    ada.engine.follow(selection, true);
    world.pass(3_000.0);
    ada.sim().told.borrow_mut().clear();
    realtime::restart(&world.core);
    let node = json!({"workflow_id": workflow, "node_type": "t", "node_id": "missed"});
    world.server().add("workflow_nodes", node);
    world.pass(10_000.0);
    let told = ada.sim().told.borrow();
    let names: Vec<_> = told
        .iter()
        .filter_map(|told| match &told.news {
            Notice::Row { row, .. } => Some(row.text("node_id")),
            Notice::Gap => Some("gap".to_owned()),
            Notice::Status(..) => None,
        })
        .collect();
    assert_eq!(names, ["missed"]);
}
