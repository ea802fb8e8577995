//! Merges of two randomly edited sides.
//!
//! The first half generates edits and lists the fields of a graph; the properties follow.

use crate::support::Json;
use proptest::prelude::*;
use serde_json::{json, Map, Value as V};
use std::collections::{BTreeMap, BTreeSet};
use workflow_db::merge::{merge_graphs, Graph, Merged, OnConflict};

/// An edit by an application. Numbers select among the available rows.
#[derive(Clone, Debug)]
enum Edit {
    Label(usize, V),
    Move(usize, i32, i32),
    Configure(usize, Vec<&'static str>, Option<V>),
    Touch(usize),
    AddNode(usize),
    DeleteNode(usize),
    Connect(usize, usize, usize),
    Retarget(usize, usize),
    Disconnect(usize),
}

/// Only a few keys, so that the sides collide; some have a special meaning in JavaScript.
fn key() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("a"), Just("b"), Just("__proto__"), Just("constructor"), Just("1")]
}

fn plain() -> impl Strategy<Value = V> {
    prop_oneof![
        Just(V::Null),
        Just(json!(true)),
        (0..3).prop_map(|number| json!(number)),
        Just(json!(0.5)),
        Just(json!(-0.0)),
        Just(json!("")),
        Just(json!([])),
        Just(json!([1, {"a": 1}])),
        Just(json!({})),
    ]
}

fn value() -> impl Strategy<Value = V> {
    plain().prop_recursive(3, 12, 3, |inner| {
        proptest::collection::vec((key(), inner), 0..3).prop_map(|members| {
            V::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
        })
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0_usize..20;
    let path = proptest::collection::vec(key(), 1..4);
    prop_oneof![
        2 => (at(), plain()).prop_map(|(node, label)| Edit::Label(node, label)),
        2 => (at(), 0..3, 0..3).prop_map(|(node, x, y)| Edit::Move(node, x, y)),
        6 => (at(), path, proptest::option::of(value()))
            .prop_map(|(node, path, value)| Edit::Configure(node, path, value)),
        1 => at().prop_map(Edit::Touch),
        2 => (0_usize..6).prop_map(Edit::AddNode),
        2 => at().prop_map(Edit::DeleteNode),
        3 => (0_usize..6, at(), at()).prop_map(|(name, from, to)| Edit::Connect(name, from, to)),
        2 => (at(), at()).prop_map(|(connection, to)| Edit::Retarget(connection, to)),
        1 => at().prop_map(Edit::Disconnect),
    ]
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec(edit(), 0..12)
}

type Rows = Vec<Map<String, V>>;

/// A graph in the form that an application has.
#[derive(Clone, Debug, Default)]
struct Canvas {
    nodes: Rows,
    connections: Rows,
    clock: u32,
}

impl Canvas {
    fn made_by(edits: &[Edit]) -> Self {
        let mut canvas = Self::default();
        (0..4).for_each(|name| canvas.apply(&Edit::AddNode(name)));
        canvas.edited(edits)
    }

    fn edited(&self, edits: &[Edit]) -> Self {
        let mut canvas = self.clone();
        for edit in edits {
            canvas.apply(edit);
        }
        canvas
    }

    fn node(&mut self, at: usize) -> Option<&mut Map<String, V>> {
        let count = self.nodes.len();
        (count > 0).then(|| &mut self.nodes[at % count])
    }

    fn apply(&mut self, edit: &Edit) {
        self.clock += 1;
        let now = json!(format!("2024-01-01T00:00:{:02}", self.clock % 60));
        match edit {
            Edit::Label(at, label) => {
                self.node(*at).map(|node| node.insert("label".to_owned(), label.clone()));
            }
            Edit::Move(at, x, y) => {
                if let Some(node) = self.node(*at) {
                    node.insert("position_x".to_owned(), json!(x));
                    node.insert("position_y".to_owned(), json!(y));
                }
            }
            Edit::Configure(at, path, value) => {
                if let Some(node) = self.node(*at) {
                    configure(node.entry("config").or_insert(json!({})), path, value.as_ref());
                }
            }
            Edit::Touch(at) => {
                self.node(*at).map(|node| node.insert("updated_at".to_owned(), now));
            }
            Edit::AddNode(name) => {
                let id = format!("n{name}");
                if self.nodes.iter().all(|node| node["node_id"] != json!(id)) {
                    let node = json!({"node_id": id, "node_type": "t", "config": {}, "updated_at": now});
                    self.nodes.push(node.as_object().expect("an object").clone());
                }
            }
            Edit::DeleteNode(at) => {
                let Some(id) = self.node(*at).map(|node| node["node_id"].clone()) else { return };
                self.nodes.retain(|node| node["node_id"] != id);
                self.connections.retain(|row| row["source_node_id"] != id && row["target_node_id"] != id);
            }
            Edit::Connect(name, from, to) => {
                let ends = [*from, *to].map(|at| self.node(at).map(|node| node["node_id"].clone()));
                let [Some(from), Some(to)] = ends else { return };
                let id = json!(format!("c{name}"));
                if !self.is_drawn(&from, &to) && self.connections.iter().all(|row| row["connection_id"] != id)
                {
                    let row = json!({"connection_id": id, "source_node_id": from, "target_node_id": to});
                    self.connections.push(row.as_object().expect("an object").clone());
                }
            }
            Edit::Retarget(at, to) => {
                let Some(to) = self.node(*to).map(|node| node["node_id"].clone()) else { return };
                let count = self.connections.len();
                if count > 0 {
                    let from = self.connections[at % count]["source_node_id"].clone();
                    if !self.is_drawn(&from, &to) {
                        self.connections[at % count].insert("target_node_id".to_owned(), to);
                    }
                }
            }
            Edit::Disconnect(at) => {
                let count = self.connections.len();
                if count > 0 {
                    self.connections.remove(at % count);
                }
            }
        }
    }

    fn is_drawn(&self, from: &V, to: &V) -> bool {
        self.connections.iter().any(|row| row["source_node_id"] == *from && row["target_node_id"] == *to)
    }

    fn json(&self) -> V {
        json!({"nodes": self.nodes, "connections": self.connections})
    }
}

fn configure(config: &mut V, path: &[&'static str], value: Option<&V>) {
    let [name, rest @ ..] = path else { return };
    if !config.is_object() {
        *config = json!({});
    }
    let members = config.as_object_mut().expect("an object");
    match (rest, value) {
        ([], None) => {
            members.remove(*name);
        }
        ([], Some(value)) => {
            members.insert((*name).to_owned(), value.clone());
        }
        _ => configure(members.entry((*name).to_owned()).or_insert(json!({})), rest, value),
    }
}

fn graph(value: &V) -> Graph<Json> {
    Graph::new("graph", &Json::from(value)).expect("a graph")
}

fn merge(base: &V, theirs: &V, mine: &V, on_conflict: OnConflict) -> Merged<Json> {
    merge_graphs(&graph(base), &graph(theirs), &graph(mine), on_conflict)
}

fn merged(base: &V, theirs: &V, mine: &V) -> (V, Vec<V>) {
    let merged = merge(base, theirs, mine, OnConflict::Base);
    let V::Array(conflicts) = merged.conflicts().to_value() else { panic!("conflicts are a list") };
    (merged.graph().to_value(), conflicts)
}

/// Every field of a graph by row and path. Rows and objects have an entry for their existence.
type Fields = BTreeMap<(String, Vec<String>), V>;

fn fields_of(graph: &V) -> Fields {
    let mut fields = Fields::new();
    for (list, name) in [("nodes", "node_id"), ("connections", "connection_id")] {
        for row in graph[list].as_array().expect("a list") {
            let row = row.as_object().expect("a row");
            let id = row[name].as_str().expect("a name").to_owned();
            fields.insert((id.clone(), Vec::new()), json!("row"));
            let mut set = |path: &[&str], value: V| {
                let path = path.iter().map(|step| (*step).to_owned()).collect();
                fields.insert((id.clone(), path), value);
            };
            if list == "connections" {
                set(&["source_node_id"], row["source_node_id"].clone());
                set(&["target_node_id"], row["target_node_id"].clone());
                continue;
            }
            let axis = |name: &str| row.get(name).and_then(V::as_f64).unwrap_or(0.0);
            set(&["position"], json!([axis("position_x"), axis("position_y")]));
            set(&["label"], row.get("label").cloned().unwrap_or_default());
            set(&["node_type"], row["node_type"].clone());
            let mut path = vec!["config".to_owned()];
            add_values(&mut fields, &id, &mut path, row.get("config").unwrap_or(&json!({})));
        }
    }
    fields
}

fn add_values(fields: &mut Fields, id: &str, path: &mut Vec<String>, value: &V) {
    let V::Object(members) = value else {
        fields.insert((id.to_owned(), path.clone()), value.clone());
        return;
    };
    fields.insert((id.to_owned(), path.clone()), json!("an object"));
    for (name, member) in members {
        path.push(name.clone());
        add_values(fields, id, path, member);
        path.pop();
    }
}

fn is_named_by(conflict: &V, id: &str, path: &[String]) -> bool {
    let own = conflict.get("node_id").or(conflict.get("connection_id")).expect("a name");
    let own_path: Vec<&str> = conflict["path"]
        .as_array()
        .expect("a path")
        .iter()
        .map(|step| step.as_str().expect("text"))
        .collect();
    *own == json!(id) && own_path.iter().zip(path).all(|(one, other)| one == other)
}

fn ends(fields: &Fields, id: &str) -> Option<[V; 2]> {
    let end = |name: &str| fields.get(&(id.to_owned(), vec![name.to_owned()])).cloned();
    Some([end("source_node_id")?, end("target_node_id")?])
}

fn ids(graph: &V, list: &str, name: &str) -> Vec<String> {
    let rows = graph[list].as_array().expect("a list").iter();
    rows.map(|row| row[name].as_str().expect("a name").to_owned()).collect()
}

/// Compares as the database does: the order of an object's members is irrelevant.
fn is_equal(one: &V, other: &V) -> bool {
    Json::from(one) == Json::from(other)
}

fn is_same_field(one: Option<&V>, other: Option<&V>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => is_equal(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Checks that every change from `base` to `side` is in `merged` or named by a conflict.
fn nothing_is_lost(base: &V, side: &V, merged: &V, conflicts: &[V]) -> Result<(), TestCaseError> {
    let (before, after, result) = (fields_of(base), fields_of(side), fields_of(merged));
    let places: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for place in places {
        let change = after.get(place);
        if is_same_field(change, before.get(place)) || is_same_field(change, result.get(place)) {
            continue;
        }
        let (id, path) = place;
        if conflicts.iter().any(|conflict| is_named_by(conflict, id, path)) {
            continue;
        }
        // The other side drew the same connection under another name.
        let wanted = ends(&after, id);
        let connections = ids(merged, "connections", "connection_id");
        let is_drawn = wanted.is_some() && connections.iter().any(|other| ends(&result, other) == wanted);
        prop_assert!(is_drawn, "{:?} became {:?}, not {:?}", place, result.get(place), change);
    }
    Ok(())
}

proptest! {
    #![proptest_config(super::config(2_000))]

    #[test]
    fn merging_with_an_unchanged_side_returns_the_other_side(start in edits(), own in edits()) {
        let base = Canvas::made_by(&start);
        let (base, side) = (base.json(), base.edited(&own).json());
        prop_assert_eq!(merged(&base, &base, &side), (side.clone(), vec![]));
        prop_assert_eq!(merged(&base, &side, &base), (side.clone(), vec![]));
        prop_assert_eq!(merged(&base, &side, &side), (side, vec![]));
    }

    #[test]
    fn a_merge_is_symmetric_except_for_the_names_of_the_sides(
        start in edits(), theirs in edits(), mine in edits()
    ) {
        let base = Canvas::made_by(&start);
        let (base, theirs, mine) = (base.json(), base.edited(&theirs).json(), base.edited(&mine).json());
        let (one, conflicts) = merged(&base, &theirs, &mine);
        let (other, mut swapped) = merged(&base, &mine, &theirs);
        for conflict in &mut swapped {
            let members = conflict.as_object_mut().expect("an object");
            let sides = [members.remove("theirs"), members.remove("mine")];
            for (name, side) in ["mine", "theirs"].into_iter().zip(sides) {
                side.map(|side| members.insert(name.to_owned(), side));
            }
        }
        let is_same = is_equal(&one, &other);
        prop_assert!(is_same, "{} {}", one, other);
        let is_same = is_equal(&json!(conflicts), &json!(swapped));
        prop_assert!(is_same, "{:?} {:?}", conflicts, swapped);
    }

    #[test]
    fn every_change_of_a_side_is_merged_or_named_by_a_conflict(
        start in edits(), theirs in edits(), mine in edits()
    ) {
        let base = Canvas::made_by(&start);
        let (base, theirs, mine) = (base.json(), base.edited(&theirs).json(), base.edited(&mine).json());
        let (result, conflicts) = merged(&base, &theirs, &mine);
        nothing_is_lost(&base, &theirs, &result, &conflicts)?;
        nothing_is_lost(&base, &mine, &result, &conflicts)?;
        // No invented values: every field has the value of one of the three graphs.
        let [base, theirs, mine] = [&base, &theirs, &mine].map(fields_of);
        for (place, value) in fields_of(&result) {
            let sources = [&base, &theirs, &mine].map(|fields| fields.get(&place));
            let is_known = sources.iter().any(|source| is_same_field(*source, Some(&value)));
            prop_assert!(is_known, "{:?}: {}", place, value);
        }
    }

    #[test]
    fn a_conflict_is_between_two_different_changes(start in edits(), theirs in edits(), mine in edits()) {
        let base = Canvas::made_by(&start);
        let (base, theirs, mine) = (base.json(), base.edited(&theirs).json(), base.edited(&mine).json());
        for conflict in merged(&base, &theirs, &mine).1 {
            let of = |name| conflict.get(name);
            prop_assert!(!is_same_field(of("theirs"), of("mine")), "{}", conflict);
            // A side that connected a node to another one did not change it.
            let is_row = of("path") == Some(&json!([]));
            let is_change = |side| !is_same_field(of("base"), of(side));
            prop_assert!(is_row || is_change("theirs") && is_change("mine"), "{}", conflict);
        }
    }

    #[test]
    fn every_connection_of_a_merged_graph_has_both_nodes(start in edits(), theirs in edits(), mine in edits()) {
        let base = Canvas::made_by(&start);
        let (base, theirs, mine) = (base.json(), base.edited(&theirs).json(), base.edited(&mine).json());
        for on_conflict in [OnConflict::Base, OnConflict::Theirs] {
            let result = merge(&base, &theirs, &mine, on_conflict).graph().to_value();
            let nodes = ids(&result, "nodes", "node_id");
            let connections = ids(&result, "connections", "connection_id");
            let fields = fields_of(&result);
            let drawn: BTreeSet<_> = connections.iter().map(|id| format!("{:?}", ends(&fields, id))).collect();
            prop_assert_eq!(drawn.len(), connections.len(), "two connections of the same nodes: {}", result);
            for id in &connections {
                for end in ends(&fields, id).expect("it has ends") {
                    prop_assert!(nodes.iter().any(|node| json!(node) == end), "{} dangles: {}", id, result);
                }
            }
            for names in [nodes, connections] {
                prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
            }
        }
    }

    #[test]
    fn merging_a_merged_graph_again_changes_nothing(start in edits(), theirs in edits(), mine in edits()) {
        let base = Canvas::made_by(&start);
        let (base, theirs, mine) = (base.json(), base.edited(&theirs).json(), base.edited(&mine).json());
        let (result, conflicts) = merged(&base, &theirs, &mine);
        prop_assert_eq!(merged(&base, &result, &result), (result.clone(), vec![]));
        // If both sides drew one connection, the merge deletes one of the two rows. Merging again conflicts with a
        // change of it.
        let rows = |graph: &V| graph["connections"].as_array().expect("a list").clone();
        let is_left = |row: &V| ids(&result, "connections", "connection_id").iter().any(|id| row["connection_id"] == json!(id));
        let is_united = rows(&theirs).iter().any(|row| !is_left(row) && !rows(&base).contains(row));
        if conflicts.is_empty() && !is_united {
            let (again, conflicts) = merged(&base, &theirs, &result);
            let (again, result) = (fields_of(&again), fields_of(&result));
            prop_assert!(again.keys().eq(result.keys()));
            prop_assert!(again.iter().all(|(place, value)| is_equal(value, &result[place])));
            prop_assert_eq!(conflicts, Vec::<V>::new());
        }
    }

    #[test]
    fn a_side_that_wins_conflicts_loses_no_change(start in edits(), theirs in edits(), mine in edits()) {
        let base = Canvas::made_by(&start);
        let (base, theirs, mine) = (base.json(), base.edited(&theirs).json(), base.edited(&mine).json());
        let result = merge(&base, &theirs, &mine, OnConflict::Theirs);
        nothing_is_lost(&base, &theirs, &result.graph().to_value(), &[])?;
    }
}
