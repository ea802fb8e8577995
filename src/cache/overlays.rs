//! Writes that wait to be sent, shown on top of the entries. They do not change the entries.

use super::entry::{compose, Entry, Shape};
use super::keys::{parts_of_relations, relations_of};
use super::patch::{Change, Patch, Source};
use crate::data::{Data, Member};
use crate::query::{Query, Test};
use crate::tables::{Action, KeyFormat, Table, TABLES, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use crate::time::Moment;
use std::rc::Rc;

/// The tables of the rows in a graph, and their names there.
const GRAPH_CHILDREN: [(&Table, &str); 2] =
    [(&WORKFLOW_NODES, "nodes"), (&WORKFLOW_CONNECTIONS, "connections")];

/// The columns that the database sets when it creates a row.
const SET_ONCE: [&str; 2] = ["id", "created_at"];

/// What a write will do.
pub enum Effect<D> {
    /// The row will be this, unless it is there already.
    Row(D),
    /// The row will have these values.
    Patch(D),
    /// The row will have these values. If it does not exist, it will be this.
    Upsert(D),
    /// The row will be gone.
    Delete,
    /// The workflow will have these `nodes` and `connections`.
    Graph(D),
}

/// A write that waits to be sent.
pub struct Overlay<D> {
    /// The table.
    pub table: &'static Table,
    /// The columns and values that identify the row.
    pub columns: Vec<(&'static str, String)>,
    /// What it will do.
    pub effect: Effect<D>,
}

impl<D: Data> Overlay<D> {
    /// Whether it writes this row.
    pub fn is_of(&self, row: &D) -> bool {
        has_columns(row, &self.columns)
    }

    /// A row of its table with its effect. `None`: there is no such row.
    pub fn on_row(&self, row: Option<D>) -> Option<D> {
        match &self.effect {
            Effect::Row(own) => row.or_else(|| Some(own.clone())),
            Effect::Patch(values) => row.map(|row| if self.is_of(&row) { row.merged(values) } else { row }),
            Effect::Upsert(own) => {
                Some(row.map_or_else(|| own.clone(), |row| row.merged(&D::object(Some(own), &SET_ONCE, &[]))))
            }
            Effect::Delete => row.filter(|row| !self.is_of(row)),
            Effect::Graph(_) => row,
        }
    }

    /// Whether it may write the row of the entry under `key`. A row that is named by its id is told by the key alone.
    fn may_write(&self, key: &str) -> bool {
        match (self.table.row_key.as_ref(), self.columns.as_slice(), &self.effect) {
            (Some(KeyFormat { prefix, columns: ["id"], .. }), [("id", id)], _) => {
                key.strip_prefix(prefix) == Some(id.as_str())
            }
            (Some(format), _, Effect::Row(row) | Effect::Upsert(row)) => {
                format.of_row(row).as_deref() == Some(key)
            }
            _ => true,
        }
    }

    /// Whether it may change what is shown of the entry under `key`.
    pub fn may_concern(&self, key: &str, shape: &Shape) -> bool {
        let is_in = |query: &Query| match &self.effect {
            Effect::Graph(_) => GRAPH_CHILDREN.iter().any(|(table, _)| **table == *query.table),
            Effect::Row(row) => *self.table == *query.table && query.admits(row) != Some(false),
            _ => *self.table == *query.table || self.cascade_to(query.table).is_some(),
        };
        match shape {
            Shape::Row(table) => {
                (self.table == *table && self.may_write(key)) || self.cascade_to(table).is_some()
            }
            Shape::List(query) | Shape::Page(query) => is_in(query),
            Shape::Relations => parts_of_relations(key)
                .is_some_and(|parts| parts.iter().any(|part| self.may_concern(part, &shape_of_key(part)))),
            Shape::Foreign => false,
        }
    }

    /// Where its row is among others.
    fn index_in(&self, rows: &D) -> Option<usize> {
        match self.columns.as_slice() {
            [("id", id)] => rows.position(id),
            _ => (0..rows.len()).find(|index| self.is_of(&rows.item(*index))),
        }
    }

    fn on_list(&self, query: &Query, rows: D) -> D {
        match &self.effect {
            Effect::Graph(graph) => self.children(graph, query).unwrap_or(rows),
            _ if *self.table != *query.table => self.without_cascaded(query.table, rows),
            effect => match (effect, self.index_in(&rows)) {
                (Effect::Row(row), None) => self.placed(query, rows, row),
                (Effect::Patch(values), Some(index)) => {
                    let row = rows.item(index).merged(values);
                    self.placed(query, rows, &row)
                }
                (Effect::Delete, Some(index)) => rows.spliced(index, 1, None),
                _ => rows,
            },
        }
    }

    /// The rows of `table` without those that are deleted with the row that this deletes.
    fn without_cascaded(&self, table: &Table, rows: D) -> D {
        let Some(parent) = self.cascade_to(table) else { return rows };
        let parent = [parent];
        let kept: Vec<D> = rows.items().into_iter().filter(|row| !has_columns(row, &parent)).collect();
        if kept.len() == rows.len() {
            rows
        } else {
            D::list(&kept)
        }
    }

    /// The column and the value of the rows of `table` that are deleted with the row that this deletes.
    fn cascade_to(&self, table: &Table) -> Option<(&'static str, String)> {
        let (Effect::Delete, [("id", id)]) = (&self.effect, self.columns.as_slice()) else { return None };
        let cascade = self.table.cascades.iter().find(|cascade| *cascade.table == *table)?;
        Some((cascade.column, id.clone()))
    }

    /// The list with this state of the row. A page keeps its length: only the server knows what enters it.
    fn placed(&self, query: &Query, rows: D, row: &D) -> D {
        let id = row.column("id").text().map(str::to_owned);
        let place = id.as_deref().and_then(|id| rows.position(id));
        let change = Change { table: self.table, id, source: Source::Current(row.clone()) };
        match (change.on_list(query, &rows, false), place) {
            (Patch::Replace(rows, _), _) => rows,
            (Patch::Drop, Some(index)) => rows.spliced(index, 1, Some(row)),
            _ => rows,
        }
    }

    /// The rows of the saved graph, if the query asks for those.
    fn children(&self, graph: &D, query: &Query) -> Option<D> {
        let (_, id) = self.columns.first()?;
        let is_asked = query.filters.iter().any(
            |filter| matches!(&filter.test, Test::Eq(value) if filter.column == "workflow_id" && value == id),
        );
        let (_, name) = GRAPH_CHILDREN.into_iter().find(|(table, _)| is_asked && **table == *query.table)?;
        graph.child(name)
    }
}

/// The entry `base` under `key` with the effect of all `overlays`. `None`: there is no such row.
pub fn shown<D: Data>(overlays: &[Overlay<D>], key: &str, shape: &Shape, base: Option<D>) -> Option<D> {
    let on_list = |query: &Query, rows: D| overlays.iter().fold(rows, |rows, own| own.on_list(query, rows));
    match shape {
        Shape::Row(table) => overlays.iter().fold(base, |row, own| {
            if own.table == *table && own.may_write(key) {
                own.on_row(row)
            } else {
                row.filter(|row| !own.cascade_to(table).is_some_and(|parent| has_columns(row, &[parent])))
            }
        }),
        Shape::List(query) => base.map(|rows| on_list(query, rows)),
        Shape::Page(query) => base.map(|page| match page.child("data") {
            Some(rows) => D::object(Some(&page), &[], &[("data", Member::Data(&on_list(query, rows)))]),
            None => page,
        }),
        Shape::Relations => shown_relations(overlays, key, base.as_ref()),
        Shape::Foreign => base,
    }
}

fn shown_relations<D: Data>(overlays: &[Overlay<D>], key: &str, base: Option<&D>) -> Option<D> {
    let [workflow_key, nodes_key, connections_key] = parts_of_relations(key)?;
    let part = |key: &str, part: Option<D>| shown(overlays, key, &shape_of_key(key), part);
    let workflow = part(&workflow_key, base.map(without_children))?;
    let children = |key: &str, name| {
        part(key, Some(base.and_then(|whole| whole.child(name)).unwrap_or_else(|| D::list(&[]))))
    };
    Some(compose(&workflow, &children(&nodes_key, "nodes")?, &children(&connections_key, "connections")?))
}

/// The workflow of an entry with its nodes and connections.
fn without_children<D: Data>(whole: &D) -> D {
    D::object(Some(whole), &["nodes", "connections"], &[])
}

/// The entries that a new row has before the server knows it, as keys and content: its own, and the empty lists of its
/// children. A workflow with its nodes and connections has no content of its own.
pub fn entries_of_new<D: Data>(overlay: &Overlay<D>) -> Vec<(String, Option<D>)> {
    let (Effect::Row(row) | Effect::Upsert(row)) = &overlay.effect else { return Vec::new() };
    let Some(id) = row.column("id").text().map(str::to_owned) else { return Vec::new() };
    let own = overlay.table.row_key.as_ref().and_then(|format| format.of_row(row));
    let own = own.map(|key| (key, Some(row.clone())));
    let whole = (*overlay.table == WORKFLOWS).then(|| (relations_of(&id), None));
    let children = overlay.table.cascades.iter().filter_map(|cascade| {
        (children_column(cascade.table)? == cascade.column).then_some(())?;
        Some((cascade.table.list_key.as_ref()?.of(&[&id]), Some(D::list(&[]))))
    });
    own.into_iter().chain(children).chain(whole).collect()
}

/// The column by which a function reads the rows of one parent.
fn children_column(table: &Table) -> Option<&'static str> {
    table.functions.iter().find_map(|function| match function.action {
        Action::Children(column, _) => Some(column),
        _ => None,
    })
}

/// The shape of the entry under `key`, as far as the key says it: a row, the rows of one parent, or a workflow with its
/// nodes and connections.
pub fn shape_of_key(key: &str) -> Shape {
    if parts_of_relations(key).is_some() {
        return Shape::Relations;
    }
    let is_plain = |rest: &&str| !rest.contains('?');
    for table in TABLES {
        let own =
            |format: &'static Option<KeyFormat>| key.strip_prefix(format.as_ref()?.prefix).filter(is_plain);
        if own(&table.row_key).is_some() {
            return Shape::Row(table);
        }
        if let (Some(id), Some(column)) = (own(&table.list_key), children_column(table)) {
            let query = Query::of(table).filter(column, Test::Eq(id.to_owned()));
            return Shape::List(Rc::new(query));
        }
    }
    Shape::Foreign
}

/// Whether the entry under `key` may contain secrets, encrypted or not.
pub fn holds_secrets(key: &str) -> bool {
    let secret = TABLES.iter().filter(|table| table.holds_secrets());
    secret
        .flat_map(|table| [&table.row_key, &table.list_key])
        .flatten()
        .any(|format| key.starts_with(format.prefix))
}

/// Whether the row has these values in these columns.
fn has_columns<D: Data>(row: &D, columns: &[(&'static str, String)]) -> bool {
    columns.iter().all(|(column, value)| row.column(column).text() == Some(value))
}

/// The row with these columns in the entry `base`, if it is there.
pub fn row_in<D: Data>(
    shape: &Shape,
    base: D,
    table: &Table,
    columns: &[(&'static str, String)],
) -> Option<D> {
    let is_it = |row: &D| has_columns(row, columns);
    let in_list = |rows: D| rows.items().into_iter().find(is_it);
    match shape {
        Shape::Row(own) if *own == table => Some(base).filter(is_it),
        Shape::List(query) if *query.table == *table => in_list(base),
        Shape::Page(query) if *query.table == *table => in_list(base.child("data")?),
        Shape::Relations if *table == WORKFLOWS => Some(without_children(&base)).filter(is_it),
        Shape::Relations => {
            let (_, name) = GRAPH_CHILDREN.into_iter().find(|(own, _)| **own == *table)?;
            in_list(base.child(name)?)
        }
        _ => None,
    }
}

/// The entry `base` under `key` after a change. `None`: only the server knows it.
pub fn patched<D: Data>(change: &Change<D>, key: &str, shape: &Shape, base: D) -> Option<D> {
    if !matches!(shape, Shape::Relations) {
        return patched_entry(change, key, shape.clone(), base);
    }
    let [workflow_key, nodes_key, connections_key] = parts_of_relations(key)?;
    let part = |key: &str, part: D| patched_entry(change, key, shape_of_key(key), part);
    let workflow = part(&workflow_key, without_children(&base))?;
    let nodes = part(&nodes_key, base.child("nodes")?)?;
    Some(compose(&workflow, &nodes, &part(&connections_key, base.child("connections")?)?))
}

fn patched_entry<D: Data>(change: &Change<D>, key: &str, shape: Shape, data: D) -> Option<D> {
    let stored = Moment { monotonic_ms: 0.0, wall_ms: 0.0 };
    let entry = Entry { data, shape, stored, ttl_ms: 0.0, slot: 0 };
    match change.patch_of(key, &entry) {
        Patch::Keep | Patch::Newer => Some(entry.data),
        Patch::Replace(data, _) => Some(data),
        Patch::Drop => None,
    }
}

/// The row with these columns as its `overlays` will leave it. `known` is what is known of it.
pub fn expected<D: Data>(
    overlays: &[Overlay<D>],
    table: &Table,
    columns: &[(&'static str, String)],
    known: Option<D>,
) -> D {
    let named: Vec<_> =
        columns.iter().map(|(name, value)| (*name, Member::Text(Some(value.as_str())))).collect();
    let own = overlays.iter().filter(|own| *own.table == *table && own.columns == columns);
    let known_or_named = |row: Option<D>| row.unwrap_or_else(|| D::object(None, &[], &named));
    let row = own.fold(known, |row, own| match &own.effect {
        Effect::Row(_) | Effect::Upsert(_) => own.on_row(row),
        Effect::Graph(graph) => Some(known_or_named(row).merged(graph)),
        _ => own.on_row(Some(known_or_named(row))),
    });
    known_or_named(row)
}
