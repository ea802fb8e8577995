//! Applies one changed row to one entry: patches the entry if the result is certain, drops it otherwise.

use super::entry::{Entry, Shape};
use super::keys::base_of;
use crate::data::{Data, Member, Value};
use crate::error::Error;
use crate::query::{Query, Test};
use crate::tables::{KeyFormat, Table, TABLES, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use crate::time::timestamp;
use std::cmp::Ordering;

/// The tables of a workflow with its nodes and connections.
const GRAPH_TABLES: [&Table; 3] = [&WORKFLOWS, &WORKFLOW_NODES, &WORKFLOW_CONNECTIONS];

/// A change of one row on the server.
pub struct Change<D> {
    /// The row's table.
    pub table: &'static Table,
    /// The row's id; `None` if even that is unknown.
    pub id: Option<String>,
    /// What happened to the row.
    pub source: Source<D>,
}

/// What is known of a changed row.
pub enum Source<D> {
    /// The row's new state, possibly not the latest.
    Row(D),
    /// The row's current state, just read, regardless of its `updated_at`.
    Current(D),
    /// The row was deleted; this was its last known state.
    Deleted(Option<D>),
    /// The row may or may not have changed, such as when two writes crossed.
    Unknown,
    /// The same, because the server did not answer, or because changes were missed. The offline part keeps the stored rows:
    /// until the server can be reached again, there are no newer ones.
    Lost,
}

impl<D> Source<D> {
    /// What is known of a row after a read of it, or a write to it, failed with `error`.
    pub fn after(error: &Error) -> Self {
        if error.retryable {
            Self::Lost
        } else {
            Self::Unknown
        }
    }
}

/// What to do with an entry.
pub enum Patch<D> {
    /// The entry is up to date.
    Keep,
    /// The entry contains a newer state of the row.
    Newer,
    /// The entry's new content, and whether the changed row is in it.
    Replace(D, bool),
    /// Only the server knows the new content.
    Drop,
}

impl<D: Data> Change<D> {
    /// The effect of this change on the entry under `key`.
    pub fn patch_of(&self, key: &str, entry: &Entry<D>) -> Patch<D> {
        match &entry.shape {
            Shape::Row(table) if *table == self.table => self.on_row(key, &entry.data),
            Shape::List(query) if query.table == self.table => {
                self.on_list(query, &entry.data, query.offset > 0)
            }
            Shape::Page(query) if query.table == self.table => match entry.data.child("data") {
                Some(rows) => match self.on_list(query, &rows, true) {
                    Patch::Replace(rows, is_held) => {
                        let page = D::object(Some(&entry.data), &[], &[("data", Member::Data(&rows))]);
                        Patch::Replace(page, is_held)
                    }
                    other => other,
                },
                None => Patch::Drop,
            },
            Shape::Row(table) => self.on_other_table(table, |column| {
                Some(entry.data.column(column).text()? == self.id.as_deref()?)
            }),
            Shape::List(query) | Shape::Page(query) => {
                self.on_other_table(query.table, |column| asks_for(query, column, self.id.as_deref()?))
            }
            Shape::Relations => Patch::Keep,
            Shape::Foreign => self.on_foreign(key),
        }
    }

    fn on_row(&self, key: &str, old: &D) -> Patch<D> {
        if self.id.is_some() && old.column("id").text() != self.id.as_deref() {
            return Patch::Keep;
        }
        match &self.source {
            Source::Row(row) if is_older(row, old) => Patch::Newer,
            Source::Row(row) | Source::Current(row) if row.is_equal(old) => Patch::Keep,
            Source::Row(row) | Source::Current(row) if self.table.key_of_row(row).as_deref() == Some(key) => {
                Patch::Replace(row.clone(), true)
            }
            _ => Patch::Drop,
        }
    }

    /// `counts_unseen` states whether matching rows outside `rows` affect the entry, by shifting its rows or by
    /// changing its total.
    pub(super) fn on_list(&self, query: &Query, rows: &D, counts_unseen: bool) -> Patch<D> {
        let place = self.id.as_deref().and_then(|id| rows.position(id));
        let row = match &self.source {
            Source::Row(row) | Source::Current(row) => row,
            Source::Deleted(Some(row)) if place.is_none() && query.admits(row) == Some(false) => {
                return Patch::Keep
            }
            Source::Deleted(_) => return remove_from(query, rows, place),
            Source::Unknown | Source::Lost => return Patch::Drop,
        };
        let row = &query.shown(row.clone());
        let old = place.map(|index| rows.item(index));
        if let (Source::Row(_), Some(old)) = (&self.source, &old) {
            if is_older(row, old) {
                return Patch::Newer;
            }
        }
        let is_admitted = match query.member {
            // Another table decides which workflows are in the list.
            Some(_) => Some(place.is_some()),
            None => query.admits(row),
        };
        match (is_admitted, place, old) {
            (None, ..) => Patch::Drop,
            // The row may have been in the part that is not cached.
            (Some(false), None, _) if counts_unseen => Patch::Drop,
            (Some(false), None, _) => Patch::Keep,
            (Some(false), Some(_), _) => remove_from(query, rows, place),
            (Some(true), Some(_), Some(old)) if row.is_equal(&old) => Patch::Keep,
            (Some(true), Some(index), Some(old)) if query.compare(row, &old) == Some(Ordering::Equal) => {
                Patch::Replace(rows.spliced(index, 1, Some(row)), true)
            }
            // A row that enters a page, or moves within it, pushes others over the page's edges.
            _ if query.is_page() => Patch::Drop,
            (Some(true), ..) => insert_in_order(query, rows, place, row),
        }
    }

    /// An entry of another table is affected by a delete that cascades to that table. `refers` states whether the
    /// entry's column equals the deleted row's id, if that is known.
    fn on_other_table(&self, table: &Table, refers: impl Fn(&'static str) -> Option<bool>) -> Patch<D> {
        if !self.may_cascade_to(table) {
            return Patch::Keep;
        }
        // Grandchildren refer to a row that is not known here, so their entries are always dropped.
        let child = self.table.cascades.iter().find(|cascade| cascade.table == table);
        match child.map(|cascade| refers(cascade.column)) {
            Some(Some(false)) => Patch::Keep,
            _ => Patch::Drop,
        }
    }

    /// Whether the row may have been deleted.
    pub fn may_delete(&self) -> bool {
        !matches!(self.source, Source::Row(_) | Source::Current(_))
    }

    /// Whether the change may have deleted rows of `table`, which refers to this table directly or indirectly.
    pub fn may_cascade_to(&self, table: &Table) -> bool {
        self.may_delete() && self.table.cascades_to(table)
    }

    /// Whether it may have deleted rows of any other table.
    pub fn cascades(&self) -> bool {
        TABLES.iter().any(|table| self.may_cascade_to(table))
    }

    /// Whether this may matter to the entry under `key`, whatever that contains.
    pub fn may_concern(&self, key: &str, shape: &Shape) -> bool {
        let is_of = |table: &Table| *table == *self.table || self.may_cascade_to(table);
        match shape {
            Shape::Row(table) if *table == self.table => match (table.row_key.as_ref(), self.id.as_deref()) {
                (Some(KeyFormat { prefix, columns: ["id"], .. }), Some(id)) => {
                    key.strip_prefix(prefix) == Some(id)
                }
                _ => true,
            },
            Shape::Row(table) => is_of(table),
            Shape::List(query) | Shape::Page(query) => is_of(query.table),
            Shape::Relations => GRAPH_TABLES.into_iter().any(is_of),
            Shape::Foreign => matches!(self.on_foreign(key), Patch::Drop),
        }
    }

    fn on_foreign(&self, key: &str) -> Patch<D> {
        let table = self.table;
        let is_own = |format: &KeyFormat| match (&self.source, base_of(key).strip_prefix(format.prefix)) {
            (_, None) => false,
            (Source::Row(row) | Source::Current(row) | Source::Deleted(Some(row)), Some(_)) => {
                format.of_row(row).is_none_or(|own| own == base_of(key))
            }
            _ => true,
        };
        let below = TABLES.iter().filter(|table| self.may_cascade_to(table)).any(|table| {
            table.row_key.iter().chain(&table.list_key).any(|format| key.starts_with(format.prefix))
        });
        if below || table.row_key.iter().chain(&table.list_key).any(is_own) {
            Patch::Drop
        } else {
            Patch::Keep
        }
    }
}

/// Whether the query selects the rows whose `column` is `id`. `None` if it does not filter by that column.
fn asks_for(query: &Query, column: &str, id: &str) -> Option<bool> {
    query.filters.iter().find(|filter| filter.column == column).and_then(|filter| match &filter.test {
        Test::Eq(value) => Some(value == id),
        _ => None,
    })
}

/// Whether `row` is an older state than `known`, such as a late echo. Always false for tables without `updated_at`.
pub fn is_older<D: Data>(row: &D, known: &D) -> bool {
    match (row.column("updated_at"), known.column("updated_at")) {
        (Value::Text(row), Value::Text(known)) => timestamp::compare(&row, &known) == Some(Ordering::Less),
        _ => false,
    }
}

fn insert_in_order<D: Data>(query: &Query, rows: &D, place: Option<usize>, row: &D) -> Patch<D> {
    let others = match place {
        Some(index) => rows.spliced(index, 1, None),
        None => rows.clone(),
    };
    // Rows whose order cannot be determined (`infinity`, years BC) are at the ends of a list. The row is compared
    // with both of its new neighbors, so it is never inserted among them.
    let (mut position, mut end) = (0, others.len());
    // New rows usually belong at the end or at the beginning.
    let mut first_probes = [end.saturating_sub(1), 0].into_iter();
    while position < end {
        let middle = first_probes.next().unwrap_or_else(|| usize::midpoint(position, end));
        match query.compare(row, &others.item(middle)) {
            None => return Patch::Drop,
            Some(Ordering::Less) => end = middle,
            Some(_) => position = middle + 1,
        }
    }
    Patch::Replace(others.spliced(position, 0, Some(row)), true)
}

fn remove_from<D: Data>(query: &Query, rows: &D, place: Option<usize>) -> Patch<D> {
    match place {
        _ if query.is_page() => Patch::Drop,
        None => Patch::Keep,
        Some(index) => Patch::Replace(rows.spliced(index, 1, None), false),
    }
}
