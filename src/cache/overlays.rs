//! Writes that wait to be sent, shown on top of the entries. They do not change the entries.

use super::entry::Shape;
use super::keys::parts_of_relations;
use super::patch::{Change, Patch, Source};
use crate::data::{Data, Member};
use crate::query::{Query, Test};
use crate::tables::{Action, Function, Table, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use std::rc::Rc;

/// What a write will do.
pub enum Effect<D> {
    /// The row will be this.
    Row(D),
    /// The row will have these values.
    Patch(D),
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
    /// Whether it writes the nodes and connections of a workflow.
    pub fn is_graph(&self) -> bool {
        matches!(self.effect, Effect::Graph(_))
    }

    /// Whether it writes this row.
    pub fn is_of(&self, row: &D) -> bool {
        self.columns.iter().all(|(column, value)| row.column(column).text() == Some(value))
    }

    /// A row of its table with its effect. `None`: there is no such row.
    pub fn on_row(&self, row: Option<D>) -> Option<D> {
        match &self.effect {
            Effect::Row(own) => Some(own.clone()),
            Effect::Patch(values) => row.map(|row| if self.is_of(&row) { row.merged(values) } else { row }),
            Effect::Delete => row.filter(|row| !self.is_of(row)),
            Effect::Graph(_) => row,
        }
    }

    fn on_list(&self, query: &Query, rows: D) -> D {
        match &self.effect {
            Effect::Graph(graph) => self.children(graph, query).unwrap_or(rows),
            _ if *self.table != *query.table => rows,
            Effect::Row(row) => self.placed(query, rows, row),
            Effect::Patch(values) => {
                let own: Vec<_> = rows.items().into_iter().filter(|row| self.is_of(row)).collect();
                own.iter().fold(rows, |rows, row| self.placed(query, rows, &row.merged(values)))
            }
            Effect::Delete => {
                let own = (0..rows.len()).rev().filter(|index| self.is_of(&rows.item(*index)));
                own.fold(rows.clone(), |rows, index| rows.spliced(index, 1, None))
            }
        }
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
        let name = [(&WORKFLOW_NODES, "nodes"), (&WORKFLOW_CONNECTIONS, "connections")];
        let (_, name) = name.into_iter().find(|(table, _)| is_asked && **table == *query.table)?;
        graph.child(name)
    }
}

/// The entry `base` under `key` with the effect of all `overlays`. `None`: there is no such row.
pub fn shown<D: Data>(overlays: &[Overlay<D>], key: &str, shape: &Shape, base: Option<D>) -> Option<D> {
    let of_table = |table: &'static Table| overlays.iter().filter(move |own| *own.table == *table);
    match shape {
        Shape::Row(table) => of_table(table)
            .filter(|own| match &own.effect {
                Effect::Row(row) => {
                    table.row_key.as_ref().and_then(|format| format.of_row(row)).as_deref() == Some(key)
                }
                _ => true,
            })
            .fold(base, |row, own| own.on_row(row)),
        Shape::List(query) => {
            base.map(|rows| overlays.iter().fold(rows, |rows, own| own.on_list(query, rows)))
        }
        Shape::Page(query) => base.map(|page| match page.child("data") {
            Some(rows) => {
                let rows = overlays.iter().fold(rows, |rows, own| own.on_list(query, rows));
                D::object(Some(&page), &[], &[("data", Member::Data(&rows))])
            }
            None => page,
        }),
        Shape::Relations => shown_relations(overlays, key, base.as_ref()),
        Shape::Foreign => base,
    }
}

fn shown_relations<D: Data>(overlays: &[Overlay<D>], key: &str, base: Option<&D>) -> Option<D> {
    let [own_key, ..] = parts_of_relations(key)?;
    let workflow = base.map(|whole| D::object(Some(whole), &["nodes", "connections"], &[]));
    let workflow = shown(overlays, &own_key, &Shape::Row(&WORKFLOWS), workflow)?;
    let id = workflow.column("id").text().unwrap_or_default().to_owned();
    let children = |table: &'static Table, name| {
        let rows = base.and_then(|whole| whole.child(name)).unwrap_or_else(|| D::list(&[]));
        let query = Query::of(table).filter("workflow_id", Test::Eq(id.clone()));
        overlays.iter().fold(rows, |rows, own| own.on_list(&query, rows))
    };
    let (nodes, connections) =
        (children(&WORKFLOW_NODES, "nodes"), children(&WORKFLOW_CONNECTIONS, "connections"));
    let parts = [("nodes", Member::Data(&nodes)), ("connections", Member::Data(&connections))];
    Some(D::object(Some(&workflow), &[], &parts))
}

/// The keys of the entries that a new row has before the server knows it, with their shapes and content: its own, and the empty
/// lists of its children.
pub fn entries_of_new<D: Data>(overlay: &Overlay<D>) -> Vec<(String, D, Shape)> {
    let Effect::Row(row) = &overlay.effect else { return Vec::new() };
    let Some(id) = row.column("id").text().map(str::to_owned) else { return Vec::new() };
    let own = overlay.table.row_key.as_ref().and_then(|format| format.of_row(row));
    let own = own.map(|key| (key, row.clone(), Shape::Row(overlay.table)));
    let children = overlay.table.cascades.iter().filter_map(|cascade| {
        let reads_children =
            |function: &Function| matches!(function.action, Action::Children(column, _) if column == cascade.column);
        cascade.table.functions.iter().find(|function| reads_children(function))?;
        let key = cascade.table.list_key.as_ref()?.of(&[&id]);
        let query = Query::of(cascade.table).filter(cascade.column, Test::Eq(id.clone()));
        Some((key, D::list(&[]), Shape::List(Rc::new(query))))
    });
    own.into_iter().chain(children).collect()
}
