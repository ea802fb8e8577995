//! Saves with `base`: concurrent changes are merged or reported as conflicts.
//!
//! All tests are in one file because they share one graph, `Canvas`, and the ways to edit it.

use super::live::{follow, names, take_told};
use crate::support::client::Options;
use crate::support::network::Fault;
use crate::support::{Client, Json, World};
use serde_json::{json, Value as V};
use workflow_db::error::Error;

const SAVE: &str = "POST rpc/save_merged_workflow_graph";
const READ: &str = "GET workflows?";

/// Two clients and a workflow that both have read, with the nodes `a` and `b` and the connection `c` between them.
struct Canvas {
    world: World,
    ada: Client,
    bob: Client,
    id: String,
    base: V,
}

impl Canvas {
    fn new() -> Self {
        let world = World::new();
        let (ada, bob) = (world.signed_in("ada"), world.signed_in("ada"));
        let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "w"}));
        let node = |id: &str| json!({"node_id": id, "node_type": "t", "label": id, "position_x": 0.0, "config": {"model": {"name": "m", "size": 1}}});
        let connection = json!({"connection_id": "c", "source_node_id": "a", "target_node_id": "b"});
        let graph = json!({"nodes": [node("a"), node("b")], "connections": [connection]});
        bob.does("saveWorkflowGraph", json!([id, graph]));
        let base = ada.does("getWorkflowWithRelations", json!([id])).to_value();
        world.take_requests();
        Self { world, ada, bob, id, base }
    }

    /// The graph that both have read, with an edit.
    fn edited(&self, edit: impl Fn(&mut V)) -> V {
        let mut graph = json!({"nodes": self.base["nodes"], "connections": self.base["connections"]});
        edit(&mut graph);
        graph
    }

    fn arguments(&self, edit: impl Fn(&mut V)) -> V {
        json!([self.id, self.edited(edit), {"base": self.base}])
    }

    fn saves(&self, client: &Client, edit: impl Fn(&mut V)) -> V {
        client.does("saveWorkflowGraph", self.arguments(edit)).to_value()
    }

    /// What a client gets from the server.
    fn read(&self, client: &Client) -> V {
        let fresh = Options { fresh: true, ..Options::default() };
        client.call_with(fresh, "getWorkflowWithRelations", json!([self.id])).value().to_value()
    }

    /// Saves an edit of this graph as Ada.
    fn saves_from(&self, base: &V, edit: impl Fn(&mut V)) -> V {
        let mut graph = json!({"nodes": base["nodes"], "connections": base["connections"]});
        edit(&mut graph);
        self.ada.does("saveWorkflowGraph", json!([self.id, graph, {"base": base}])).to_value()
    }

    fn fails(&self, client: &Client, edit: impl Fn(&mut V)) -> Conflict {
        Conflict::of(&client.call("saveWorkflowGraph", self.arguments(edit)).fails_with("CONFLICT"))
    }

    fn id_of(&self, node: &str) -> String {
        let nodes = self.base["nodes"].as_array().expect("a list");
        let row = nodes.iter().find(|row| row["node_id"] == json!(node)).expect("the node");
        row["id"].as_str().expect("an id").to_owned()
    }

    fn stored(&self) -> V {
        self.world.signed_in("ada").does("getWorkflowWithRelations", json!([self.id])).to_value()
    }
}

/// The content of a conflict error.
struct Conflict {
    conflicts: V,
    merged: V,
    theirs: V,
}

impl Conflict {
    fn of(error: &Error) -> Self {
        let conflict = error.conflict.as_ref().expect("a conflict").downcast_ref::<Json>();
        let conflict = conflict.expect("data").to_value();
        let [conflicts, merged, theirs] =
            ["conflicts", "merged", "theirs"].map(|name| conflict[name].clone());
        Self { conflicts, merged, theirs }
    }
}

fn node<'a>(graph: &'a V, id: &str) -> &'a V {
    let nodes = graph["nodes"].as_array().expect("a list");
    nodes.iter().find(|row| row["node_id"] == json!(id)).expect("the node")
}

fn change(graph: &mut V, id: &str, column: &str, value: V) {
    let nodes = graph["nodes"].as_array_mut().expect("a list");
    let row = nodes.iter_mut().find(|row| row["node_id"] == json!(id)).expect("the node");
    row[column] = value;
}

fn move_to(id: &'static str, x: f64) -> impl Fn(&mut V) {
    move |graph| change(graph, id, "position_x", json!(x))
}

fn delete(id: &'static str) -> impl Fn(&mut V) {
    move |graph| {
        graph["nodes"].as_array_mut().expect("a list").retain(|row| row["node_id"] != json!(id));
        let connections = graph["connections"].as_array_mut().expect("a list");
        connections.retain(|row| row["source_node_id"] != json!(id) && row["target_node_id"] != json!(id));
    }
}

fn places(graph: &V) -> Vec<(&str, f64)> {
    let nodes = graph["nodes"].as_array().expect("a list").iter();
    nodes
        .map(|row| (row["node_id"].as_str().expect("text"), row["position_x"].as_f64().expect("a number")))
        .collect()
}

#[test]
fn a_save_without_concurrent_saves_takes_one_request() {
    let canvas = Canvas::new();
    let saved = canvas.saves(&canvas.ada, move_to("a", 1.0));
    assert_eq!(places(&saved), [("a", 1.0), ("b", 0.0)]);
    assert_eq!(canvas.world.count_requests(), 1);
}

#[test]
fn nodes_moved_by_two_clients_at_the_same_time_are_both_moved() {
    let canvas = Canvas::new();
    canvas.world.network().slow(SAVE, 10.0, 10.0);
    let arguments = canvas.arguments(move_to("a", 1.0));
    let one = canvas.ada.call("saveWorkflowGraph", arguments);
    let other = canvas.bob.call("saveWorkflowGraph", canvas.arguments(move_to("b", 2.0)));
    one.value();
    let saved = other.value().to_value();
    assert_eq!(places(&saved), [("a", 1.0), ("b", 2.0)]);
    assert_eq!(canvas.stored(), saved);
    let cached = canvas.bob.does("getWorkflowWithRelations", json!([canvas.id]));
    assert_eq!(cached.to_value(), saved);
    let requests = canvas.world.take_requests().len();
    assert_eq!(
        requests,
        1 + 3 + 1,
        "one save, a save that is refused, read and made, and the look at what is stored"
    );
}

#[test]
fn fields_and_keys_of_one_node_are_merged() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.bob, |graph| {
        change(graph, "a", "label", json!("theirs"));
        change(graph, "a", "config", json!({"model": {"name": "m", "size": 2}}));
    });
    let saved = canvas.saves(&canvas.ada, |graph| {
        change(graph, "a", "position_x", json!(5.0));
        change(graph, "a", "config", json!({"model": {"name": "mine", "size": 1}, "new": [1]}));
    });
    let row = node(&saved, "a");
    assert_eq!((&row["label"], &row["position_x"]), (&json!("theirs"), &json!(5.0)));
    assert_eq!(row["config"], json!({"model": {"name": "mine", "size": 2}, "new": [1]}));
}

#[test]
fn single_row_changes_by_others_are_merged_too() {
    let canvas = Canvas::new();
    canvas.bob.does("updateWorkflowNode", json!([canvas.id_of("b"), {"position_x": 2.0}]));
    canvas
        .bob
        .does("createWorkflowNode", json!([{"workflow_id": canvas.id, "node_id": "new", "node_type": "t"}]));
    canvas.bob.does("deleteWorkflowConnection", json!([canvas.id, "c"]));
    let saved = canvas.saves(&canvas.ada, move_to("a", 1.0));
    assert_eq!(places(&saved), [("a", 1.0), ("b", 2.0), ("new", 0.0)]);
    assert_eq!(saved["connections"], json!([]));
}

#[test]
fn two_values_for_one_field_are_a_conflict_that_changes_nothing() {
    let canvas = Canvas::new();
    let theirs = canvas.saves(&canvas.bob, |graph| {
        change(graph, "a", "label", json!("theirs"));
        change(graph, "b", "position_x", json!(2.0));
    });
    let conflict = canvas.fails(&canvas.ada, |graph| {
        change(graph, "a", "label", json!("mine"));
        change(graph, "a", "position_x", json!(1.0));
    });
    let expected = json!([
        {"node_id": "a", "path": ["label"], "base": "a", "theirs": "theirs", "mine": "mine"}
    ]);
    assert_eq!(conflict.conflicts, expected);
    assert_eq!(places(&conflict.merged), [("a", 1.0), ("b", 2.0)]);
    assert_eq!(node(&conflict.merged, "a")["label"], json!("a"));
    assert_eq!(conflict.theirs, theirs);
    assert_eq!(canvas.stored(), theirs);
}

#[test]
fn a_resolved_conflict_is_saved_with_what_others_saved_as_its_base() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.bob, |graph| change(graph, "a", "label", json!("theirs")));
    let conflict = canvas.fails(&canvas.ada, |graph| change(graph, "a", "label", json!("mine")));
    // Another client saves first again.
    canvas.bob.does("updateWorkflowNode", json!([canvas.id_of("b"), {"position_x": 2.0}]));
    let mut resolved = conflict.merged;
    change(&mut resolved, "a", "label", json!("both"));
    let arguments = json!([canvas.id, resolved, {"base": conflict.theirs}]);
    let saved = canvas.ada.does("saveWorkflowGraph", arguments).to_value();
    assert_eq!((&node(&saved, "a")["label"], places(&saved)), (&json!("both"), vec![("a", 0.0), ("b", 2.0)]));
}

#[test]
fn a_node_deleted_by_one_client_and_changed_by_another_is_a_conflict() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.bob, delete("b"));
    let conflict = canvas.fails(&canvas.ada, move_to("b", 1.0));
    assert_eq!(conflict.conflicts[0]["node_id"], json!("b"));
    assert_eq!(conflict.conflicts[0]["path"], json!([]));
    assert!(conflict.conflicts[0].get("theirs").is_none());
}

#[test]
fn a_deleted_node_stays_deleted_with_its_connections() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.bob, delete("b"));
    let saved = canvas.saves(&canvas.ada, move_to("a", 1.0));
    assert_eq!((places(&saved), &saved["connections"]), (vec![("a", 1.0)], &json!([])));
}

#[test]
fn a_save_overtaken_between_read_and_save_merges_again() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.bob, move_to("b", 2.0));
    canvas.world.take_requests();
    canvas.world.network().slow(READ, 10.0, 500.0);
    let save = canvas.ada.call("saveWorkflowGraph", canvas.arguments(move_to("a", 1.0)));
    canvas.world.pass(200.0);
    canvas.world.server().change("workflow_nodes", &canvas.id_of("b"), json!({"label": "third"}));
    let saved = save.value().to_value();
    assert_eq!(places(&saved), [("a", 1.0), ("b", 2.0)]);
    assert_eq!(node(&saved, "b")["label"], json!("third"));
    assert_eq!(canvas.world.count_requests(), 5);
}

#[test]
fn a_save_that_is_always_overtaken_ends_with_a_conflict() {
    let canvas = Canvas::new();
    let save = canvas.ada.call("saveWorkflowGraph", canvas.arguments(move_to("a", 1.0)));
    for round in 0..2_000 {
        let values = json!({"position_x": f64::from(round)});
        canvas.world.server().change("workflow_nodes", &canvas.id_of("b"), values);
        canvas.world.pass(5.0);
    }
    let error = save.fails_with("CONFLICT");
    assert!(error.retryable);
    assert_eq!(canvas.world.count_requests(), 1 + 2 * 20);
}

#[test]
fn a_save_with_lost_responses_is_applied_once_and_loses_nothing() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Duplicate, Fault::Truncated] {
        for others in [false, true] {
            for place in [SAVE, READ] {
                let canvas = Canvas::new();
                if others {
                    canvas.saves(&canvas.bob, move_to("b", 2.0));
                }
                canvas.world.network().once(place, fault);
                let saved = canvas.saves(&canvas.ada, move_to("a", 1.0));
                let b = if others { 2.0 } else { 0.0 };
                assert_eq!(places(&saved), [("a", 1.0), ("b", b)], "{fault:?} {place} {others}");
                canvas.world.network().heal();
                assert_eq!(canvas.stored(), saved);
            }
        }
    }
}

#[test]
fn a_later_save_after_a_lost_response_is_not_undone() {
    let canvas = Canvas::new();
    canvas.world.network().once(SAVE, Fault::LostAfter);
    let save = canvas.ada.call("saveWorkflowGraph", canvas.arguments(move_to("a", 1.0)));
    canvas.world.pass(15.0);
    canvas.world.server().change("workflow_nodes", &canvas.id_of("b"), json!({"position_x": 2.0}));
    assert_eq!(places(&save.value().to_value()), [("a", 1.0), ("b", 2.0)]);
}

#[test]
fn saves_of_one_client_from_the_same_graph_build_on_each_other() {
    let canvas = Canvas::new();
    canvas.world.network().slow(SAVE, 10.0, 500.0);
    let first = canvas.ada.call("saveWorkflowGraph", canvas.arguments(move_to("a", 1.0)));
    let second = canvas.ada.call("saveWorkflowGraph", canvas.arguments(move_to("a", 2.0)));
    first.value();
    assert_eq!(places(&second.value().to_value()), [("a", 2.0), ("b", 0.0)]);
    assert_eq!(canvas.world.count_requests(), 2);
    // Concurrent saves are still merged.
    canvas.bob.does("updateWorkflowNode", json!([canvas.id_of("b"), {"position_x": 5.0}]));
    let third = canvas.saves(&canvas.ada, move_to("a", 3.0));
    assert_eq!(places(&third), [("a", 3.0), ("b", 5.0)]);
}

#[test]
fn independent_edits_of_one_client_from_the_same_graph_are_all_kept() {
    let canvas = Canvas::new();
    canvas.world.network().slow(SAVE, 10.0, 500.0);
    let saves = [("a", 1.0), ("b", 2.0), ("a", 3.0)]
        .map(|(id, x)| canvas.ada.call("saveWorkflowGraph", canvas.arguments(move_to(id, x))));
    for save in saves {
        save.value();
    }
    assert_eq!(places(&canvas.stored()), [("a", 3.0), ("b", 2.0)]);
    // A value equal to the base is not a change, regardless of own saves.
    let label = |graph: &mut V| change(graph, "a", "label", json!("mine"));
    assert_eq!(places(&canvas.saves(&canvas.ada, label)), [("a", 3.0), ("b", 2.0)]);
}

#[test]
fn own_saves_do_not_hide_what_others_changed() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.ada, move_to("a", 1.0));
    canvas.bob.does("updateWorkflowNode", json!([canvas.id_of("a"), {"position_x": 7.0}]));
    let conflict = canvas.fails(&canvas.ada, move_to("a", 2.0));
    let at = |x: f64| json!({"position_x": x, "position_y": 0.0});
    let positions = ["base", "theirs", "mine"].map(|version| &conflict.conflicts[0][version]["position_x"]);
    assert_eq!(positions, [&at(1.0)["position_x"], &at(7.0)["position_x"], &at(2.0)["position_x"]]);
}

#[test]
fn a_base_that_contains_an_own_save_and_later_changes_is_used_unchanged() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.ada, move_to("a", 1.0));
    canvas.bob.does("saveWorkflowGraph", json!([canvas.id, canvas.edited(move_to("a", 9.0))]));
    let base = canvas.read(&canvas.ada);
    let saved = canvas.saves_from(&base, move_to("a", 10.0));
    assert_eq!(places(&saved), [("a", 10.0), ("b", 0.0)]);
}

#[test]
fn an_own_change_that_another_client_undid_is_not_part_of_the_next_edit() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.ada, move_to("a", 1.0));
    canvas.bob.does("saveWorkflowGraph", json!([canvas.id, canvas.edited(move_to("a", 0.0))]));
    let base = canvas.read(&canvas.ada);
    canvas.world.take_requests();
    assert_eq!(places(&canvas.saves_from(&base, move_to("a", 5.0))), [("a", 5.0), ("b", 0.0)]);
    assert_eq!(canvas.world.count_requests(), 1, "nothing is merged");
}

/// Two components of a page, one of which read the workflow later.
#[test]
fn an_edit_of_a_graph_that_lacks_an_own_save_builds_on_that_save() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.bob, move_to("b", 2.0));
    let later = canvas.read(&canvas.ada);
    canvas.saves(&canvas.ada, move_to("a", 1.0));
    assert_eq!(places(&canvas.saves_from(&later, move_to("a", 3.0))), [("a", 3.0), ("b", 2.0)]);
}

#[test]
fn own_versions_stay_valid_through_merging_saves() {
    let canvas = Canvas::new();
    let version = canvas.base["updated_at"].clone();
    canvas.saves(&canvas.ada, move_to("a", 1.0));
    let patch = json!([canvas.id, {"name": "mine"}, {"ifUpdatedAt": version}]);
    canvas.ada.does("updateWorkflow", patch.clone());
    canvas.saves(&canvas.bob, move_to("b", 1.0));
    canvas.saves(&canvas.ada, move_to("a", 2.0));
    canvas.ada.call("updateWorkflow", patch).fails_with("CONFLICT");
}

#[test]
fn handlers_and_caches_of_both_clients_agree_after_a_merge() {
    let canvas = Canvas::new();
    let clients = [&canvas.ada, &canvas.bob];
    let follow_all = |client: &Client| {
        for table in ["workflows", "workflow_connections"] {
            follow(client, table, Some(&canvas.id), None);
        }
        follow(client, "workflow_nodes", Some(&canvas.id), None)
    };
    let subscriptions = clients.map(follow_all);
    canvas.world.pass(3_000.0);
    let saves = [("a", &canvas.ada), ("b", &canvas.bob)]
        .map(|(id, client)| client.call("saveWorkflowGraph", canvas.arguments(move_to(id, 3.0))));
    for save in saves {
        save.value();
    }
    canvas.world.pass(5_000.0);
    let stored = canvas.stored();
    for (client, subscription) in clients.into_iter().zip(subscriptions) {
        assert_eq!(client.does("getWorkflowWithRelations", json!([canvas.id])).to_value(), stored);
        let mut told = names(&take_told(client, subscription), "node_id");
        told.sort_unstable();
        assert_eq!(told, ["UPDATE a", "UPDATE b"]);
    }
}

#[test]
fn a_database_without_the_migration_reports_its_name() {
    let canvas = Canvas::new();
    canvas.world.network().once(SAVE, Fault::Refused(404, "PGRST202"));
    let save = canvas.ada.call("saveWorkflowGraph", canvas.arguments(move_to("a", 1.0)));
    let error = save.fails_with("MIGRATION_REQUIRED");
    assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("20260201000700_merged_saves.sql")));
}

#[test]
fn a_deleted_workflow_is_not_found() {
    let canvas = Canvas::new();
    canvas.bob.does("deleteWorkflow", json!([canvas.id]));
    let save = canvas.ada.call("saveWorkflowGraph", canvas.arguments(move_to("a", 1.0)));
    save.fails_with("NOT_FOUND");
}

#[test]
fn an_invalid_base_is_refused_before_sending() {
    let canvas = Canvas::new();
    let graph = canvas.edited(|_| {});
    let refused = |options: V| {
        let save = canvas.ada.call("saveWorkflowGraph", json!([canvas.id, graph, options]));
        save.fails_with("INVALID_INPUT").message.to_string()
    };
    let expected = "base: expected the graph that the edit started from";
    for base in [V::Null, json!(1), json!("x"), json!([])] {
        assert_eq!(refused(json!({"base": base})), expected);
    }
    assert_eq!(refused(json!({"base": {"nodes": []}})), "base.connections: expected a list of rows");
    let both = json!({"base": canvas.base, "ifUpdatedAt": canvas.base["updated_at"]});
    assert_eq!(refused(both), "ifUpdatedAt: expected nothing beside base");
    assert_eq!(canvas.world.count_requests(), 0);
}

#[test]
fn a_base_without_versions_is_compared_with_the_stored_graph() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.bob, move_to("b", 2.0));
    let plain = |graph: &V| {
        let columns = ["node_id", "node_type", "label", "position_x", "position_y", "config"];
        let row = |row: &V| columns.iter().map(|name| ((*name).to_owned(), row[*name].clone())).collect();
        let nodes: Vec<V> =
            graph["nodes"].as_array().expect("a list").iter().map(row).map(V::Object).collect();
        json!({"nodes": nodes, "connections": graph["connections"]})
    };
    let edited = plain(&canvas.edited(move_to("a", 1.0)));
    let arguments = json!([canvas.id, edited, {"base": plain(&canvas.base)}]);
    let saved = canvas.ada.does("saveWorkflowGraph", arguments).to_value();
    assert_eq!(places(&saved), [("a", 1.0), ("b", 2.0)]);
}

#[test]
fn another_user_does_not_build_on_saves_of_the_previous_one() {
    let canvas = Canvas::new();
    canvas.saves(&canvas.ada, move_to("a", 1.0));
    canvas.ada.switch_to(Some("carl"));
    canvas.world.settle();
    canvas.ada.switch_to(Some("ada"));
    canvas.world.take_requests();
    let conflict = canvas.fails(&canvas.ada, move_to("a", 2.0));
    assert_eq!(conflict.conflicts[0]["path"], json!(["position"]));
}

/// Clients that each increment a key of their own over a bad network: `(acknowledged, stored)` values of each.
fn counted(seed: u64) -> Vec<(u64, u64)> {
    const CLIENTS: usize = 3;
    const ROUNDS: u64 = 12;
    let world = World::from_seed(seed);
    let clients: Vec<Client> = (0..CLIENTS).map(|_| world.signed_in("ada")).collect();
    let id = world.server().add("workflows", json!({"user_id": clients[0].id(), "name": "w"}));
    let start = json!({"nodes": [{"node_id": "n", "node_type": "t", "config": {}}], "connections": []});
    clients[0].does("saveWorkflowGraph", json!([id, start]));
    let read = |client: &Client| client.does("getWorkflowWithRelations", json!([id])).to_value();
    let mut bases: Vec<V> = clients.iter().map(read).collect();
    let mut answered = [0; CLIENTS];
    world.network().random_faults(0.2);
    for round in 1..=ROUNDS {
        let edited = |place: usize, base: &V| {
            let mut graph = json!({"nodes": base["nodes"], "connections": base["connections"]});
            graph["nodes"][0]["config"][format!("of{place}")] = json!(round);
            json!([id, graph, {"base": base}])
        };
        let saves: Vec<_> = clients
            .iter()
            .zip(&bases)
            .enumerate()
            .map(|(place, (client, base))| client.call("saveWorkflowGraph", edited(place, base)))
            .collect();
        for (place, save) in saves.into_iter().enumerate() {
            if let Ok(row) = save.outcome() {
                bases[place] = row.to_value();
                answered[place] = round;
                continue;
            }
            // The outcome is unknown, so the next edit starts from the stored graph.
            let fresh = Options { fresh: true, ..Options::default() };
            let read = clients[place].call_with(fresh, "getWorkflowWithRelations", json!([id]));
            if let Ok(row) = read.outcome() {
                bases[place] = row.to_value();
            }
        }
    }
    let config = world.server().rows("workflow_nodes").next().expect("the node")["config"].clone();
    let stored = |place: usize| config[format!("of{place}")].as_u64().unwrap_or(0);
    answered.into_iter().enumerate().map(|(place, answered)| (answered, stored(place))).collect()
}

#[test]
fn clients_that_save_over_a_bad_network_lose_no_acknowledged_edit() {
    let mut saves = 0;
    for seed in 1..=40 {
        for (answered, stored) in counted(seed) {
            assert!(stored >= answered, "seed {seed}: {answered} was answered, and {stored} is stored");
            saves += answered;
        }
    }
    assert!(saves > 500, "the network let some through: {saves}");
}
