//! Which entries a change may concern, found without looking at the others: what a change costs does not depend on how
//! much is cached.

use super::patch::{Change, Source};
use super::store::{Entry, Shape};
use crate::data::{Data, Holders, Value};
use crate::query::{Query, Test};
use fnv::FnvBuildHasher;
use std::collections::HashMap;

/// The entries that may have to change with a row, by the numbers of their slots.
pub struct EntryIndex<D: Data> {
    /// Those that hold the row, in whatever state.
    holders: D::Holders,
    /// Complete lists of what belongs to one parent. A row that such a list does not hold concerns it only by naming that
    /// parent.
    by_parent: HashMap<Parent, Vec<u32>, FnvBuildHasher>,
    /// Every other list, every page, and what the application set.
    others: Vec<u32>,
}

/// The table of a list, the column that it is asked by, and the value.
type Parent = (&'static str, &'static str, String);

impl<D: Data> Default for EntryIndex<D> {
    fn default() -> Self {
        Self { holders: D::Holders::default(), by_parent: HashMap::default(), others: Vec::new() }
    }
}

impl<D: Data> EntryIndex<D> {
    /// The entry is stored.
    pub fn add(&mut self, entry: &Entry<D>) {
        if let Some(rows) = rows_of(entry) {
            self.holders.add(entry.slot, &rows);
        }
        match place_of(&entry.shape) {
            Place::ById => {}
            Place::ByParent(parent) => self.by_parent.entry(parent).or_default().push(entry.slot),
            Place::Others => self.others.push(entry.slot),
        }
    }

    /// The entry leaves, or is replaced.
    pub fn remove(&mut self, entry: &Entry<D>) {
        if let Some(rows) = rows_of(entry) {
            self.holders.remove(entry.slot, &rows);
        }
        match place_of(&entry.shape) {
            Place::ById => {}
            Place::ByParent(parent) => {
                let Some(slots) = self.by_parent.get_mut(&parent) else { return };
                take(slots, entry.slot);
                if slots.is_empty() {
                    self.by_parent.remove(&parent);
                }
            }
            Place::Others => take(&mut self.others, entry.slot),
        }
    }

    /// The entry holds the row with this id from now on, or does not.
    pub fn set_held(&mut self, slot: u32, id: &str, is_held: bool) {
        self.holders.set(slot, id, is_held);
    }

    /// The entries that hold the row with this id.
    pub fn holders_of(&self, id: &str) -> Vec<u32> {
        self.holders.of(id)
    }

    /// The entries other than lists by parent and rows.
    pub fn others(&self) -> &[u32] {
        &self.others
    }

    /// The entries of the row's own table that the change may concern, and some that it does not. None when that may be
    /// any.
    pub fn concerned(&self, change: &Change<D>) -> Option<Vec<u32>> {
        let id = change.id.as_deref()?;
        let mut slots = self.holders.of(id);
        slots.extend_from_slice(&self.others);
        match &change.source {
            Source::Unknown => return None,
            // A row that is gone concerns no list that does not hold it.
            Source::Deleted(_) => {}
            Source::Row(row) | Source::Current(row) => {
                for column in change.table.scopes {
                    match row.column(column) {
                        Value::Text(value) => {
                            let parent = (change.table.name, *column, value);
                            slots.extend(self.by_parent.get(&parent).into_iter().flatten());
                        }
                        Value::Null => {}
                        _ => return None,
                    }
                }
            }
        }
        slots.sort_unstable();
        slots.dedup();
        Some(slots)
    }
}

/// How an entry is found.
enum Place {
    ById,
    ByParent(Parent),
    Others,
}

fn place_of(shape: &Shape) -> Place {
    match shape {
        Shape::Row(_) | Shape::Relations => Place::ById,
        Shape::List(query) if !query.is_page() => parent_of(query).map_or(Place::Others, Place::ByParent),
        Shape::List(_) | Shape::Page(_) | Shape::Foreign => Place::Others,
    }
}

fn parent_of(query: &Query) -> Option<Parent> {
    query.filters.iter().find_map(|filter| match &filter.test {
        Test::Eq(value) if query.table.scopes.contains(&filter.column) => {
            Some((query.table.name, filter.column, value.clone()))
        }
        _ => None,
    })
}

/// The row or the list of rows that the entry holds.
fn rows_of<D: Data>(entry: &Entry<D>) -> Option<D> {
    match entry.shape {
        Shape::Row(_) | Shape::List(_) => Some(entry.data.clone()),
        Shape::Page(_) => entry.data.child("data"),
        Shape::Relations | Shape::Foreign => None,
    }
}

fn take(slots: &mut Vec<u32>, slot: u32) {
    if let Some(place) = slots.iter().position(|candidate| *candidate == slot) {
        slots.swap_remove(place);
    }
}
