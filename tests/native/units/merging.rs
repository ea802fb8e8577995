//! How a merge treats each kind of change.

use crate::support::Json;
use serde_json::{json, Value as V};
use std::slice::from_ref;
use workflow_db::merge::{merge_graphs, Graph, OnConflict};

fn node(id: &str, more: V) -> V {
    let mut node = json!({"node_id": id, "node_type": "t"});
    let members = node.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    node
}

fn connection(id: &str, source: &str, target: &str) -> V {
    json!({"connection_id": id, "source_node_id": source, "target_node_id": target})
}

fn canvas(nodes: &[V], connections: &[V]) -> V {
    json!({"nodes": nodes, "connections": connections})
}

/// The nodes, connections and conflicts of a merge.
fn merged(base: &V, theirs: &V, mine: &V) -> (V, V, V) {
    let [base, theirs, mine] =
        [base, theirs, mine].map(|graph| Graph::new("graph", &Json::from(graph)).expect("a graph"));
    let merged = merge_graphs(&base, &theirs, &mine, OnConflict::Base);
    let graph = merged.graph().to_value();
    (graph["nodes"].clone(), graph["connections"].clone(), merged.conflicts().to_value())
}

/// The merge of one node, and its conflicts.
fn merged_node(base: V, theirs: V, mine: V) -> (V, V) {
    let of = |fields: V| canvas(&[node("n", fields)], &[]);
    let (nodes, _, conflicts) = merged(&of(base), &of(theirs), &of(mine));
    (nodes[0].clone(), conflicts)
}

#[test]
fn fields_merge_independently() {
    let (node, conflicts) = merged_node(
        json!({"label": "a", "position_x": 0, "position_y": 0}),
        json!({"label": "b", "position_x": 0, "position_y": 0}),
        json!({"label": "a", "position_x": 5, "position_y": 0}),
    );
    assert_eq!((&node["label"], &node["position_x"], conflicts), (&json!("b"), &json!(5), json!([])));
}

#[test]
fn a_position_is_one_field() {
    let at = |x: i32, y: i32| json!({"position_x": x, "position_y": y});
    let (node, conflicts) = merged_node(at(0, 0), at(1, 0), at(0, 1));
    assert_eq!((&node["position_x"], &node["position_y"]), (&json!(0), &json!(0)));
    let expected = json!([
        {"node_id": "n", "path": ["position"], "base": at(0, 0), "theirs": at(1, 0), "mine": at(0, 1)}
    ]);
    assert_eq!(conflicts, expected);
}

#[test]
fn config_merges_key_by_key_to_any_depth() {
    let (node, conflicts) = merged_node(
        json!({"config": {"a": {"b": {"c": 1, "d": 1}}, "list": [1]}}),
        json!({"config": {"a": {"b": {"c": 2, "d": 1}}, "list": [1], "e": null}}),
        json!({"config": {"a": {"b": {"c": 1}}, "list": [1, 2]}}),
    );
    assert_eq!(node["config"], json!({"a": {"b": {"c": 2}}, "list": [1, 2], "e": null}));
    assert_eq!(conflicts, json!([]));
}

#[test]
fn two_values_for_one_key_are_a_conflict_with_its_path() {
    let (node, conflicts) = merged_node(
        json!({"config": {"model": {"name": "a", "size": 1}}}),
        json!({"config": {"model": {"name": "b", "size": 1}}}),
        json!({"config": {"model": {"name": "c", "size": 2}}}),
    );
    assert_eq!(node["config"], json!({"model": {"name": "a", "size": 2}}));
    let path = ["config", "model", "name"];
    assert_eq!(conflicts, json!([{"node_id": "n", "path": path, "base": "a", "theirs": "b", "mine": "c"}]));
}

#[test]
fn a_list_is_one_value() {
    let of = |list: V| json!({"config": {"list": list}});
    let (node, conflicts) = merged_node(of(json!([1])), of(json!([1, 2])), of(json!([1, 3])));
    assert_eq!(node["config"]["list"], json!([1]));
    assert_eq!(conflicts[0]["path"], json!(["config", "list"]));
    let (node, conflicts) = merged_node(of(json!([1])), of(json!([2, {"a": 1}])), of(json!([2, {"a": 1}])));
    assert_eq!((&node["config"]["list"], conflicts), (&json!([2, {"a": 1}]), json!([])));
}

#[test]
fn null_is_a_value_and_not_a_missing_key() {
    let of = |config: V| json!({"config": config});
    let (node, conflicts) = merged_node(of(json!({"a": 1})), of(json!({"a": null})), of(json!({})));
    assert_eq!(node["config"], json!({"a": 1}));
    let expected = json!([{"node_id": "n", "path": ["config", "a"], "base": 1, "theirs": null}]);
    assert_eq!(conflicts, expected, "a version that is missing is left out");
}

#[test]
fn proto_is_an_ordinary_key() {
    let of = |config: &str| json!({"config": serde_json::from_str::<V>(config).expect("JSON")});
    let (node, conflicts) = merged_node(
        of(r#"{"__proto__": {"a": 1}, "b": 1}"#),
        of(r#"{"__proto__": {"a": 2}, "b": 1}"#),
        of(r#"{"__proto__": {"a": 1, "c": 3}, "b": 2}"#),
    );
    assert_eq!(node["config"].to_string(), r#"{"__proto__":{"a":2,"c":3},"b":2}"#);
    assert_eq!(conflicts, json!([]));
}

#[test]
fn objects_that_both_sides_added_are_merged() {
    let (node, conflicts) = merged_node(
        json!({"config": {}}),
        json!({"config": {"a": {"x": 1, "z": 1}}}),
        json!({"config": {"a": {"y": 2, "z": 2}}}),
    );
    assert_eq!(node["config"], json!({"a": {"x": 1, "y": 2}}));
    assert_eq!(conflicts, json!([{"node_id": "n", "path": ["config", "a", "z"], "theirs": 1, "mine": 2}]));
}

#[test]
fn an_omitted_column_has_the_default_that_a_save_stores() {
    let explicit = json!({"label": null, "position_x": 0, "position_y": 0, "config": {}});
    let (node, conflicts) = merged_node(explicit, json!({}), json!({"label": "mine"}));
    assert_eq!((&node["label"], conflicts), (&json!("mine"), json!([])));
}

#[test]
fn columns_maintained_by_the_database_do_not_count_as_changes() {
    let at = |second: u32, label: &str| json!({"label": label, "id": "1", "updated_at": format!("2024-01-01T00:00:0{second}")});
    let (row, conflicts) = merged_node(at(1, "a"), at(3, "b"), at(2, "a"));
    assert_eq!((&row["updated_at"], &row["label"]), (&json!("2024-01-01T00:00:03"), &json!("b")));
    assert_eq!(conflicts, json!([]));
    let deleted = canvas(&[], &[]);
    let of = |fields: V| canvas(&[node("n", fields)], &[]);
    let (nodes, _, conflicts) = merged(&of(at(1, "a")), &of(at(2, "a")), &deleted);
    assert_eq!((nodes, conflicts), (json!([]), json!([])), "saved again without a change, then deleted");
}

#[test]
fn a_deleted_node_that_the_other_side_changed_is_a_conflict() {
    let before = node("n", json!({"label": "a"}));
    let after = node("n", json!({"label": "b"}));
    let (base, changed) = (canvas(from_ref(&before), &[]), canvas(from_ref(&after), &[]));
    let (nodes, _, conflicts) = merged(&base, &canvas(&[], &[]), &changed);
    assert_eq!(nodes, json!([before]));
    assert_eq!(conflicts, json!([{"node_id": "n", "path": [], "base": before, "mine": after}]));
    let (_, _, conflicts) = merged(&base, &changed, &canvas(&[], &[]));
    assert_eq!(conflicts, json!([{"node_id": "n", "path": [], "base": before, "theirs": after}]));
}

#[test]
fn different_nodes_added_under_one_name_are_a_conflict() {
    let of = |label: &str, connections: &[V]| {
        canvas(&[node("a", json!({})), node("n", json!({"label": label}))], connections)
    };
    let base = canvas(&[node("a", json!({}))], &[]);
    let drawn = connection("c", "a", "n");
    let (nodes, connections, conflicts) = merged(&base, &of("b", &[]), &of("c", from_ref(&drawn)));
    assert_eq!((nodes, connections), (json!([node("a", json!({}))]), json!([])));
    let expected = json!([
        {"node_id": "n", "path": [], "theirs": node("n", json!({"label": "b"})), "mine": node("n", json!({"label": "c"}))},
        {"connection_id": "c", "path": [], "mine": drawn},
    ]);
    assert_eq!(conflicts, expected);
}

#[test]
fn a_connection_is_removed_with_its_node() {
    let nodes = [node("a", json!({})), node("b", json!({}))];
    let connections = [connection("c", "a", "b")];
    let base = canvas(&nodes, &connections);
    // One side kept the connection, the other removed it.
    for left in [&connections[..], &[]] {
        let theirs = canvas(&nodes[..1], left);
        let mine = canvas(&[node("a", json!({"label": "mine"})), nodes[1].clone()], &connections);
        let (nodes, connections, conflicts) = merged(&base, &theirs, &mine);
        assert_eq!(nodes, json!([node("a", json!({"label": "mine"}))]));
        assert_eq!((connections, conflicts), (json!([]), json!([])));
    }
}

#[test]
fn a_deleted_node_that_the_other_side_connected_is_a_conflict() {
    let nodes = [node("a", json!({})), node("b", json!({}))];
    let base = canvas(&nodes, &[]);
    let (deleted, connected) = (canvas(&nodes[..1], &[]), canvas(&nodes, &[connection("c", "a", "b")]));
    let (merged_nodes, connections, conflicts) = merged(&base, &deleted, &connected);
    assert_eq!((merged_nodes, connections), (json!(nodes), json!([connection("c", "a", "b")])));
    assert_eq!(conflicts, json!([{"node_id": "b", "path": [], "base": nodes[1], "mine": nodes[1]}]));
}

#[test]
fn a_connection_to_a_node_that_its_side_lacks_is_removed() {
    let base = canvas(&[node("a", json!({})), node("b", json!({}))], &[]);
    let mine = canvas(&[node("a", json!({}))], &[connection("c", "a", "b"), connection("d", "a", "x")]);
    let (nodes, connections, conflicts) = merged(&base, &base, &mine);
    assert_eq!((nodes, connections, conflicts), (json!([node("a", json!({}))]), json!([]), json!([])));
}

#[test]
fn a_deleted_connection_that_the_other_side_changed_is_a_conflict() {
    let nodes = ["a", "b", "c"].map(|id| node(id, json!({})));
    let base = canvas(&nodes, &[connection("x", "a", "b")]);
    let theirs = canvas(&nodes, &[connection("x", "a", "c")]);
    let (_, connections, conflicts) = merged(&base, &theirs, &canvas(&nodes, &[]));
    assert_eq!(connections, json!([connection("x", "a", "b")]));
    assert_eq!(conflicts[0]["connection_id"], json!("x"));
    assert_eq!(conflicts[0]["path"], json!([]));
}

#[test]
fn a_connection_that_one_side_deleted_with_its_node_and_the_other_moved_away_is_one_conflict() {
    let nodes = ["a", "b", "c"].map(|id| node(id, json!({})));
    let left = [nodes[0].clone(), nodes[2].clone()];
    let (before, moved) = (connection("x", "a", "b"), connection("x", "a", "c"));
    let (base, mine) = (canvas(&nodes, from_ref(&before)), canvas(&left, from_ref(&moved)));
    let (merged_nodes, connections, conflicts) = merged(&base, &canvas(&left, &[]), &mine);
    assert_eq!((merged_nodes, connections), (json!(left), json!([])));
    assert_eq!(conflicts, json!([{"connection_id": "x", "path": [], "base": before, "mine": moved}]));
}

#[test]
fn each_row_has_its_own_conflict_even_if_a_node_and_a_connection_have_the_same_name() {
    let nodes = ["a", "b"].map(|id| node(id, json!({})));
    let with = |label: &str, connections: &[V]| {
        canvas(&[nodes[0].clone(), nodes[1].clone(), node("n", json!({"label": label}))], connections)
    };
    let base = canvas(&nodes, &[connection("y", "a", "b")]);
    let mine = with("mine", &[connection("y", "b", "a"), connection("n", "a", "n")]);
    let (_, _, conflicts) = merged(&base, &with("theirs", &[]), &mine);
    let conflicts = conflicts.as_array().expect("a list");
    let named: Vec<_> = conflicts.iter().map(|row| (&row["node_id"], &row["connection_id"])).collect();
    assert_eq!(named, [(&json!("n"), &V::Null), (&V::Null, &json!("y")), (&V::Null, &json!("n"))]);
}

#[test]
fn a_deleted_node_to_which_the_other_side_moved_a_connection_is_a_conflict() {
    let nodes = ["a", "b", "c"].map(|id| node(id, json!({})));
    let (before, moved) = (connection("x", "a", "b"), connection("x", "a", "c"));
    let (base, deleted) = (canvas(&nodes, from_ref(&before)), canvas(&nodes[..2], from_ref(&before)));
    let (merged_nodes, connections, conflicts) = merged(&base, &deleted, &canvas(&nodes, from_ref(&moved)));
    assert_eq!((merged_nodes, connections), (json!(nodes), json!([moved])));
    assert_eq!(conflicts, json!([{"node_id": "c", "path": [], "base": nodes[2], "mine": nodes[2]}]));
}

#[test]
fn two_connections_that_one_side_drew_between_the_same_nodes_stay() {
    let nodes = ["a", "b"].map(|id| node(id, json!({})));
    let base = canvas(&nodes, &[]);
    let drawn = [connection("c1", "a", "b"), connection("c2", "a", "b")];
    let twice = canvas(&nodes, &drawn);
    for (theirs, mine) in [(&twice, &base), (&base, &twice)] {
        let (_, connections, conflicts) = merged(&base, theirs, mine);
        assert_eq!((connections, conflicts), (json!(drawn), json!([])));
    }
}

#[test]
fn of_two_sides_connections_between_the_same_nodes_the_one_of_the_base_stays() {
    let nodes = ["a", "b", "c"].map(|id| node(id, json!({})));
    let (before, moved) = (connection("z", "a", "c"), connection("z", "a", "b"));
    let drawn = connection("a1", "a", "b");
    let with_moved = canvas(&nodes, from_ref(&moved));
    let with_drawn = canvas(&nodes, &[drawn, before.clone()]);
    let base = canvas(&nodes, &[before]);
    for (theirs, mine) in [(&with_moved, &with_drawn), (&with_drawn, &with_moved)] {
        let (_, connections, conflicts) = merged(&base, theirs, mine);
        assert_eq!((connections, conflicts), (json!([moved]), json!([])));
    }
}

#[test]
fn a_connection_that_both_sides_drew_appears_once() {
    let nodes = ["a", "b"].map(|id| node(id, json!({})));
    let base = canvas(&nodes, &[]);
    let (one, other) = (connection("c2", "a", "b"), connection("c1", "a", "b"));
    let (theirs, mine) = (canvas(&nodes, &[one]), canvas(&nodes, from_ref(&other)));
    for (theirs, mine) in [(&theirs, &mine), (&mine, &theirs)] {
        let (_, connections, conflicts) = merged(&base, theirs, mine);
        assert_eq!((connections, conflicts), (json!([other]), json!([])));
    }
}

#[test]
fn new_rows_keep_the_order_of_their_side() {
    let of = |ids: &[&str]| canvas(&ids.iter().map(|id| node(id, json!({}))).collect::<Vec<_>>(), &[]);
    let order = |theirs: &[&str], mine: &[&str]| -> Vec<String> {
        let (nodes, ..) = merged(&of(&["a", "b"]), &of(theirs), &of(mine));
        Json::from(nodes).texts("node_id")
    };
    assert_eq!(order(&["a", "b"], &["z", "b", "a", "c"]), ["z", "b", "a", "c"]);
    assert_eq!(order(&["z", "b", "a", "c"], &["a", "b"]), ["z", "b", "a", "c"]);
    assert_eq!(order(&["a", "b", "z", "y"], &["b", "x", "q", "w"]), ["b", "x", "z", "q", "y", "w"]);
}

#[test]
fn values_are_merged_at_any_depth() {
    const DEPTH: usize = 1_000;
    let nested = |leaf: V| {
        let config = (0..DEPTH).fold(leaf, |inner, _| json!({"in": inner}));
        json!({"config": config})
    };
    let (_, conflicts) = merged_node(nested(json!(1)), nested(json!(2)), nested(json!(3)));
    assert_eq!(conflicts[0]["path"].as_array().map(Vec::len), Some(DEPTH + 1));
    let (_, conflicts) =
        merged_node(nested(json!({"a": 1})), nested(json!({"a": 2})), nested(json!({"a": 1, "b": 1})));
    assert_eq!(conflicts, json!([]));
}

#[test]
fn an_invalid_graph_is_refused_with_the_reason() {
    let refused = |graph: V| match Graph::new("base", &Json::from(graph)) {
        Ok(_) => panic!("it was taken"),
        Err(error) => format!("{error:?}"),
    };
    assert_eq!(refused(json!({"nodes": []})), "INVALID_INPUT: base.connections: expected a list of rows");
    assert_eq!(
        refused(json!({"nodes": [1], "connections": []})),
        "INVALID_INPUT: base.nodes: expected a list of rows"
    );
    assert_eq!(
        refused(canvas(&[node("a", json!({})), json!({"node_id": 1})], &[])),
        "INVALID_INPUT: base.nodes[1].node_id: expected a string"
    );
    assert_eq!(
        refused(canvas(&[node("a", json!({})), node("a", json!({}))], &[])),
        "INVALID_INPUT: base.nodes[1].node_id: expected a value that no other row has"
    );
    assert_eq!(
        refused(canvas(&[], &[json!({"connection_id": "c", "source_node_id": "a"})])),
        "INVALID_INPUT: base.connections[0].target_node_id: expected a string"
    );
}
