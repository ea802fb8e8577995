//! Reads under way, by key: who comes second joins, and who is overtaken by a change is not stored.

use super::call::Sent;
use super::joint::{Joint, WeakJoint};
use crate::cache::{parts_of_relations, Change};
use crate::data::Data;
use crate::error::Error;
use crate::flows::Load;
use crate::tables::Table;
use std::cell::Cell;
use std::rc::Rc;

/// What a read answers: a row, a list, a page; none when there is no such row.
pub type Outcome<D> = Result<Option<D>, Error>;

/// Which rows a read asks for, as far as a change can tell.
#[derive(Clone)]
pub struct Scope {
    /// The tables it reads.
    pub tables: Vec<&'static Table>,
    /// The one row it reads, if it is one.
    pub row_id: Option<String>,
}

impl Scope {
    /// What a read of this asks for.
    pub fn of(load: &Load) -> Self {
        Self { tables: load.tables(), row_id: load.row_id().map(str::to_owned) }
    }

    fn is_touched_by<D: Data>(&self, change: &Change<D>) -> bool {
        let other_row = matches!((&self.row_id, &change.id), (Some(row), Some(id)) if row != id);
        self.tables
            .iter()
            .any(|table| (**table == *change.table && !other_row) || change.may_cascade_to(table))
    }
}

/// What becomes of a read that asks the server. One that must be asked again gets new marks.
#[derive(Clone, Default)]
pub struct Marks {
    /// Something of it was sent.
    pub sent: Sent,
    /// Something changed since, so its answer may be old.
    pub overtaken: Rc<Cell<bool>>,
}

struct Flight<D> {
    /// The cache key it will be stored under.
    key: String,
    timeout_ms: f64,
    read: WeakJoint<Outcome<D>>,
    scope: Scope,
    marks: Marks,
    /// Whether an answer that was overtaken is asked for again.
    insists: bool,
}

/// Found by looking at each: there are few at a time, and another hash map would cost more than it saves.
pub struct Flights<D> {
    under_way: Vec<Flight<D>>,
    /// Rows that were deleted while something was under way, which may still bring them.
    buried: Vec<(&'static Table, String)>,
    coalesced: f64,
}

impl<D> Default for Flights<D> {
    fn default() -> Self {
        Self { under_way: Vec::new(), buried: Vec::new(), coalesced: 0.0 }
    }
}

impl<D: Data> Flights<D> {
    /// The read under way that a new one may join: same key, same patience, and not overtaken. A fresh one joins only what
    /// was not sent yet.
    pub fn join(&mut self, key: &str, timeout_ms: f64, is_fresh: bool) -> Option<(Joint<Outcome<D>>, Sent)> {
        let flight = self.under_way.iter_mut().find(|flight| {
            flight.timeout_ms.to_bits() == timeout_ms.to_bits()
                && flight.key == key
                && !flight.marks.overtaken.get()
                && !(is_fresh && flight.marks.sent.is_sent())
        })?;
        let read = flight.read.upgrade()?;
        if is_fresh {
            flight.insists = true;
            flight.marks.sent.go_past_http_cache();
        }
        self.coalesced += 1.0;
        Some((read, flight.marks.sent.clone()))
    }

    /// Others may join this one from now on. When it `insists`, an answer that was overtaken is asked for again.
    pub fn register(
        &mut self,
        key: String,
        timeout_ms: f64,
        read: WeakJoint<Outcome<D>>,
        scope: Scope,
        marks: Marks,
        insists: bool,
    ) {
        self.under_way.push(Flight { key, timeout_ms, read, scope, marks, insists });
    }

    /// Whether the flight with these marks is to ask again when it was overtaken.
    pub fn insists(&self, marks: &Marks) -> bool {
        self.place_of(marks).is_some_and(|place| self.under_way[place].insists)
    }

    /// The flight with the marks `before` asks again, and has these now.
    pub fn asks_again(&mut self, before: &Marks, marks: Marks) {
        if let Some(place) = self.place_of(before) {
            self.under_way[place].marks = marks;
        }
    }

    fn place_of(&self, marks: &Marks) -> Option<usize> {
        self.under_way.iter().position(|flight| Rc::ptr_eq(&flight.marks.overtaken, &marks.overtaken))
    }

    /// An answer is stored under `key` that was asked for as the `order`th: what was asked for earlier is older.
    pub fn overtake_older(&mut self, key: &str, order: u64) {
        let parts = parts_of_relations(key);
        let holds = |whole: &Option<[String; 3]>, key: &str| whole.iter().flatten().any(|part| part == key);
        self.overtake(&|flight| {
            flight.marks.sent.order() < order
                && (flight.key == key
                    || holds(&parts, &flight.key)
                    || holds(&parts_of_relations(&flight.key), key))
        });
    }

    /// The flight with these marks is over.
    pub fn remove(&mut self, marks: &Marks) {
        if let Some(place) = self.place_of(marks) {
            self.under_way.swap_remove(place);
        }
        if self.under_way.is_empty() {
            self.buried.clear();
        }
    }

    /// A row that nobody here knows is gone; what is under way may still bring it.
    pub fn bury(&mut self, table: &'static Table, id: &str) {
        if self.under_way.iter().any(|flight| flight.scope.tables.contains(&table)) {
            self.buried.push((table, id.to_owned()));
        }
    }

    /// Whether these rows of the table hold one that is gone.
    pub fn holds_buried(&self, table: &Table, rows: &D) -> bool {
        self.buried.iter().any(|(buried, id)| {
            **buried == *table && (rows.position(id).is_some() || rows.column("id").text() == Some(id))
        })
    }

    /// The marks of the reads of this table that were sent: set, they are not stored.
    pub fn sent_to(&self, table: &'static Table) -> Vec<Rc<Cell<bool>>> {
        let sent = self
            .under_way
            .iter()
            .filter(|flight| flight.marks.sent.is_sent() && flight.scope.tables.contains(&table));
        sent.map(|flight| flight.marks.overtaken.clone()).collect()
    }

    /// A change happened: what was asked before may be old when it arrives.
    pub fn overtake_by(&mut self, change: &Change<D>) {
        self.overtake(&|flight| flight.scope.is_touched_by(change));
    }

    /// As for a change, for every key that `picked` names, and for what is put together from such keys.
    pub fn overtake_keys(&mut self, picked: &dyn Fn(&str) -> bool) {
        self.overtake(&|flight| {
            picked(&flight.key) || parts_of_relations(&flight.key).iter().flatten().any(|part| picked(part))
        });
    }

    /// As for a change that touches everything.
    pub fn overtake_all(&mut self) {
        self.overtake(&|_| true);
    }

    fn overtake(&mut self, touched: &dyn Fn(&Flight<D>) -> bool) {
        for flight in &self.under_way {
            if flight.marks.sent.is_sent() && touched(flight) {
                flight.marks.overtaken.set(true);
            }
        }
    }

    /// Their keys, and those of the entries that they are put together from.
    pub fn keys(&self) -> Vec<String> {
        let keys_of = |flight: &Flight<D>| {
            let parts = parts_of_relations(&flight.key).into_iter().flatten();
            std::iter::once(flight.key.clone()).chain(parts).collect::<Vec<_>>()
        };
        self.under_way.iter().flat_map(keys_of).collect()
    }

    /// How many reads joined another one.
    pub fn coalesced(&self) -> f64 {
        self.coalesced
    }

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.under_way.len()
    }
}
