//! Merges whole graphs: first their nodes, then the connections between the remaining nodes.

use super::rows::{has_same_content, Lists, Rows, CONNECTIONS, ENDS, NODES};
use super::{Conflict, Merge, OnConflict, Place, Which};
use crate::data::{Data, Index, Member, Value, Versions};
use crate::error::Error;
use crate::json::json_text;

/// A workflow's nodes and connections.
pub struct Graph<D: Data> {
    nodes: Rows<D>,
    connections: Rows<D>,
}

impl<D: Data> Graph<D> {
    /// Parses an object with `nodes` and `connections`. Errors refer to it as `name`.
    ///
    /// # Errors
    /// `INVALID_INPUT` if a list is missing, a row has no name or a name that is already used, or a connection lacks an
    /// end.
    pub fn new(name: &str, graph: &D) -> Result<Self, Error> {
        Ok(Self {
            nodes: Rows::new(name, graph, &NODES)?,
            connections: Rows::new(name, graph, &CONNECTIONS)?,
        })
    }

    /// The nodes.
    pub fn nodes(&self) -> &Rows<D> {
        &self.nodes
    }

    /// The connections.
    pub fn connections(&self) -> &Rows<D> {
        &self.connections
    }
}

/// The names of the two nodes that a connection connects.
pub fn ends_of<D: Data>(connection: &D) -> [String; 2] {
    [text_of(connection, ENDS[0]), text_of(connection, ENDS[1])]
}

/// The result of merging two sides.
pub struct Merged<D> {
    /// The merged list of nodes.
    pub nodes: D,
    /// The merged list of connections, all between nodes of the other list.
    pub connections: D,
    /// Conflicts for the user to decide.
    pub conflicts: Vec<Conflict<D>>,
}

impl<D: Data> Merged<D> {
    /// The merged graph in the form that the application receives: `{ nodes, connections }`.
    pub fn graph(&self) -> D {
        let lists = [("nodes", Member::Data(&self.nodes)), ("connections", Member::Data(&self.connections))];
        D::object(None, &[], &lists)
    }

    /// The conflicts in the form that the application receives.
    pub fn conflicts(&self) -> D {
        let mut list = Vec::new();
        for conflict in &self.conflicts {
            list.push(conflict.to_data());
        }
        D::list(&list)
    }
}

/// Merges the changes that two sides made to `base`.
pub fn merge_graphs<D: Data>(
    base: &Graph<D>,
    theirs: &Graph<D>,
    mine: &Graph<D>,
    on_conflict: OnConflict,
) -> Merged<D> {
    let merge = Merge { on_conflict, conflicts: Vec::new() };
    let nodes = Lists { base: &base.nodes, theirs: &theirs.nodes, mine: &mine.nodes };
    let connections = Lists { base: &base.connections, theirs: &theirs.connections, mine: &mine.connections };
    GraphMerge { merge, nodes, connections, merged: D::Index::default() }.run()
}

struct GraphMerge<'a, D: Data> {
    merge: Merge<D>,
    nodes: Lists<'a, D>,
    connections: Lists<'a, D>,
    /// The remaining nodes, by name.
    merged: D::Index,
}

impl<D: Data> GraphMerge<'_, D> {
    fn run(mut self) -> Merged<D> {
        let ids = self.nodes.ids();
        for id in &ids {
            if let Some(row) = self.merge.row(&NODES, id, &self.nodes.versions(id)) {
                self.merged.put(id, &row);
            }
        }
        let mut rows = Vec::new();
        for id in self.connections.ids() {
            let versions = self.connections.versions(&id);
            if let Some(row) = self.merge.row(&CONNECTIONS, &id, &versions) {
                self.keep_ends(&row, &versions);
                rows.push(row);
            }
        }
        let mut connections = Vec::new();
        for row in rows {
            if let Some(row) = self.connected(row) {
                connections.push(row);
            }
        }
        let mut nodes = Vec::new();
        for id in &ids {
            if let Some(node) = self.merged.get(id) {
                nodes.push(node);
            }
        }
        let connections = D::list(&self.once_each(&connections));
        Merged { nodes: D::list(&nodes), connections, conflicts: self.merge.conflicts }
    }

    /// A node that one side deleted and the other side connected is a conflict, as if that side had changed the node.
    fn keep_ends(&mut self, connection: &D, versions: &Versions<D>) {
        let ends = ends_of(connection);
        for end in &ends {
            if self.merged.get(end).is_none() && !self.is_connected_by_other(end, versions) {
                return;
            }
        }
        for end in &ends {
            // The same node may be at both ends.
            if self.merged.get(end).is_none() {
                let nodes = self.nodes.versions(end);
                let place = Place { named_by: NODES.named_by, id: end };
                let which = self.merge.conflict(place, &[], &nodes);
                if let Some(node) = nodes.of(which) {
                    self.merged.put(end, node);
                }
            }
        }
    }

    /// The connection, unless a node at one of its ends is gone. Then the connection goes too, which is a conflict if a
    /// side moved it to a node that only that side has.
    fn connected(&mut self, row: D) -> Option<D> {
        if holds_ends(&self.merged, &row) {
            return Some(row);
        }
        let id = name_of(&row);
        let versions = self.connections.versions(&id);
        let is_drawn = |which, nodes: &Rows<D>| {
            is_changed(&versions, which)
                && versions.of(which).is_some_and(|row| holds_ends(&nodes.by_id, row))
        };
        let is_drawn = is_drawn(Which::Theirs, self.nodes.theirs) || is_drawn(Which::Mine, self.nodes.mine);
        let is_named = self.merge.conflicts.iter().any(|conflict| {
            conflict.named_by == CONNECTIONS.named_by && conflict.id == id && conflict.path.is_empty()
        });
        if is_named || !is_drawn {
            return None;
        }
        let which = self.merge.conflict(Place { named_by: CONNECTIONS.named_by, id: &id }, &[], &versions);
        versions.of(which).filter(|row| holds_ends(&self.merged, *row)).cloned()
    }

    /// Whether one side deleted the node while the other added or changed the connection.
    fn is_connected_by_other(&self, node: &str, connection: &Versions<D>) -> bool {
        let connected_by = match self.nodes.versions(node) {
            Versions { base: Some(_), theirs: Some(_), mine: None } => Which::Theirs,
            Versions { base: Some(_), theirs: None, mine: Some(_) } => Which::Mine,
            _ => return false,
        };
        is_changed(connection, connected_by)
    }

    /// Removes connections that duplicate another one: both sides may have drawn the same connection under different
    /// names. Keeps the one that is in the base, otherwise the one whose name sorts first.
    fn once_each(&self, connections: &[D]) -> Vec<D> {
        let mut by_ends = D::Index::default();
        for row in connections {
            let key = key_of(row);
            if by_ends.get(&key).is_none_or(|other| self.comes_before(&name_of(row), &name_of(&other))) {
                by_ends.put(&key, row);
            }
        }
        let mut left = Vec::new();
        for row in connections {
            let (id, first) = (name_of(row), by_ends.get(&key_of(row)).map(|first| name_of(&first)));
            if first.is_none_or(|first| first == id || self.is_drawn_twice(&id, &first)) {
                left.push(row.clone());
            }
        }
        left
    }

    fn comes_before(&self, id: &str, other: &str) -> bool {
        let is_new = |id: &str| self.connections.base.get(id).is_none();
        (is_new(id), id) < (is_new(other), other)
    }

    /// Whether a single side has both connections between the same nodes.
    fn is_drawn_twice(&self, id: &str, other: &str) -> bool {
        let has_both = |side: &Rows<D>| match (side.get(id), side.get(other)) {
            (Some(one), Some(other)) => ends_of(&one) == ends_of(&other),
            _ => false,
        };
        has_both(self.connections.theirs) || has_both(self.connections.mine)
    }
}

/// Whether the side added or changed the connection.
fn is_changed<D: Data>(connection: &Versions<D>, side: Which) -> bool {
    match (&connection.base, connection.of(side)) {
        (Some(base), Some(row)) => !has_same_content(&CONNECTIONS, base, row),
        (None, Some(_)) => true,
        _ => false,
    }
}

fn name_of<D: Data>(connection: &D) -> String {
    text_of(connection, CONNECTIONS.named_by)
}

fn text_of<D: Data>(row: &D, column: &'static str) -> String {
    match row.column(column) {
        Value::Text(text) => text,
        _ => String::new(),
    }
}

/// Whether the index contains the nodes at both ends of the connection.
fn holds_ends<D: Data>(nodes: &D::Index, connection: &D) -> bool {
    let [source, target] = ends_of(connection);
    nodes.get(&source).is_some() && nodes.get(&target).is_some()
}

fn key_of<D: Data>(connection: &D) -> String {
    let [source, target] = ends_of(connection);
    [&*json_text(&source), &json_text(&target)].concat()
}
