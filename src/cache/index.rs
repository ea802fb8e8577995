//! Finds the entries that a change may affect without looking at all of them, so the cost of a change does not depend
//! on the size of the cache.

use super::entry::{Entry, Shape};
use super::patch::{Change, Source};
use crate::data::{Data, Holders, Value};
use crate::query::{Query, Test};

/// The entries that a changed row may affect, by slot number.
pub struct EntryIndex<D: Data> {
    /// By row id: the entries that contain the row, in any state. By parent name: the complete lists of a parent's
    /// rows. A row that such a list does not contain affects the list only if the row names that parent.
    by_name: D::Holders,
    /// All other lists, all pages, and entries set by the application.
    others: Vec<u32>,
}

impl<D: Data> Default for EntryIndex<D> {
    fn default() -> Self {
        Self { by_name: D::Holders::default(), others: Vec::new() }
    }
}

impl<D: Data> EntryIndex<D> {
    /// Indexes the entry `after` in this slot instead of the entry `before`.
    pub fn replace(&mut self, slot: u32, before: Option<&Entry<D>>, after: Option<&Entry<D>>) {
        let (rows_before, rows_after) = (before.and_then(rows_of), after.and_then(rows_of));
        self.by_name.replace(slot, rows_before.as_ref(), rows_after.as_ref());
        for (entry, is_stored) in [(before, false), (after, true)] {
            match entry.map_or(IndexedBy::ById, |entry| place_of(&entry.shape)) {
                IndexedBy::ById => {}
                IndexedBy::ByParent(parent) => self.by_name.set(slot, &parent, is_stored),
                IndexedBy::Others if is_stored => self.others.push(slot),
                IndexedBy::Others => self.others.retain(|other| *other != slot),
            }
        }
    }

    /// Records whether the entry contains the row with this id.
    pub fn set_held(&mut self, slot: u32, id: &str, is_held: bool) {
        self.by_name.set(slot, id, is_held);
    }

    /// The entries that contain the row with this id.
    pub fn holders_of(&self, id: &str) -> Vec<u32> {
        self.by_name.of(id)
    }

    /// The entries that are neither single rows nor lists by parent.
    pub fn others(&self) -> &[u32] {
        &self.others
    }

    /// The entries of the changed row's own table that the change may affect, and possibly others. `None` means any
    /// entry.
    pub fn concerned(&self, change: &Change<D>) -> Option<Vec<u32>> {
        let id = change.id.as_deref()?;
        let mut slots = self.others.clone();
        let mut add = |found: Vec<u32>| {
            for slot in found {
                if !slots.contains(&slot) {
                    slots.push(slot);
                }
            }
        };
        add(self.by_name.of(id));
        match &change.source {
            Source::Unknown | Source::Lost => return None,
            // A deleted row does not affect lists without it.
            Source::Deleted(_) => {}
            Source::Row(row) | Source::Current(row) => {
                for column in change.table.scopes {
                    match row.column(column) {
                        Value::Text(value) => {
                            add(self.by_name.of(&parent_name(change.table.name, column, &value)));
                        }
                        Value::Null => {}
                        _ => return None,
                    }
                }
            }
        }
        Some(slots)
    }
}

/// How an entry is found.
enum IndexedBy {
    ById,
    ByParent(String),
    Others,
}

fn place_of(shape: &Shape) -> IndexedBy {
    match shape {
        Shape::Row(_) | Shape::Relations => IndexedBy::ById,
        Shape::List(query) if !query.is_page() => {
            parent_of(query).map_or(IndexedBy::Others, IndexedBy::ByParent)
        }
        Shape::List(_) | Shape::Page(_) | Shape::Foreign => IndexedBy::Others,
    }
}

/// The name of a parent: the table of the list, the column that it is filtered by, and the value. Ids contain no dot,
/// so it differs from all of them.
fn parent_name(table: &str, column: &str, value: &str) -> String {
    [table, ".", column, ".", value].concat()
}

fn parent_of(query: &Query) -> Option<String> {
    query.filters.iter().find_map(|filter| match &filter.test {
        Test::Eq(value) if query.table.scopes.contains(&filter.column) => {
            Some(parent_name(query.table.name, filter.column, value))
        }
        _ => None,
    })
}

/// The row or the list of rows that the entry contains.
fn rows_of<D: Data>(entry: &Entry<D>) -> Option<D> {
    match entry.shape {
        Shape::Row(_) | Shape::List(_) => Some(entry.data.clone()),
        Shape::Page(_) => entry.data.child("data"),
        Shape::Relations | Shape::Foreign => None,
    }
}
