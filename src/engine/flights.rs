//! Reads under way, by key: who comes second joins, and who is overtaken by a change is not stored.

use super::call::Sent;
use crate::cache::{parts_of_relations, Change};
use crate::data::Data;
use crate::error::Error;
use crate::tables::Table;
use futures_util::future::{LocalBoxFuture, Shared, WeakShared};
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

/// What a read answers: a row, a list, a page; none when there is no such row.
pub type Outcome<D> = Result<Option<D>, Error>;
/// A read that several callers wait for. It goes on while one of them does, and is aborted when none is left.
pub type SharedRead<D> = Shared<LocalBoxFuture<'static, Outcome<D>>>;

/// Which reads may share a flight: same question, same patience.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FlightKey {
    /// The cache key.
    pub key: String,
    timeout_bits: u64,
}

impl FlightKey {
    /// For reading `key` with so many milliseconds an attempt.
    pub fn new(key: &str, timeout_ms: f64) -> Self {
        Self { key: key.to_owned(), timeout_bits: timeout_ms.to_bits() }
    }
}

/// Which rows a read asks for, as far as a change can tell.
#[derive(Clone)]
pub struct Scope {
    /// The tables it reads.
    pub tables: Vec<&'static Table>,
    /// The one row it reads, if it is one.
    pub row_id: Option<String>,
}

impl Scope {
    fn is_touched_by<D: Data>(&self, change: &Change<D>) -> bool {
        let other_row = matches!((&self.row_id, &change.id), (Some(row), Some(id)) if row != id);
        self.tables
            .iter()
            .any(|table| (**table == *change.table && !other_row) || change.may_cascade_to(table))
    }
}

struct Flight<D> {
    read: WeakShared<LocalBoxFuture<'static, Outcome<D>>>,
    scope: Scope,
    sent: Sent,
    overtaken: Rc<Cell<bool>>,
}

/// Marks of one flight, shared with it.
#[derive(Clone, Default)]
pub struct Marks {
    /// Something of it was sent.
    pub sent: Sent,
    /// Something changed since, so its answer may be old.
    pub overtaken: Rc<Cell<bool>>,
}

pub struct Flights<D> {
    by_key: HashMap<FlightKey, Flight<D>>,
    coalesced: f64,
}

impl<D> Default for Flights<D> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), coalesced: 0.0 }
    }
}

impl<D: Data> Flights<D> {
    /// The read under way that a new one may join: none that was overtaken.
    pub fn join(&mut self, key: &FlightKey) -> Option<(SharedRead<D>, Sent)> {
        let flight = self.by_key.get(key).filter(|flight| !flight.overtaken.get())?;
        let read = flight.read.upgrade()?;
        self.coalesced += 1.0;
        Some((read, flight.sent.clone()))
    }

    /// Others may join this one from now on.
    pub fn register(&mut self, key: FlightKey, read: &SharedRead<D>, scope: Scope, marks: Marks) {
        if let Some(read) = read.downgrade() {
            self.by_key.insert(key, Flight { read, scope, sent: marks.sent, overtaken: marks.overtaken });
        }
    }

    /// The flight with these marks is over.
    pub fn remove(&mut self, key: &FlightKey, marks: &Marks) {
        if self.by_key.get(key).is_some_and(|flight| Rc::ptr_eq(&flight.overtaken, &marks.overtaken)) {
            self.by_key.remove(key);
        }
    }

    /// A change happened: what was asked before may be old when it arrives.
    pub fn overtake_by(&mut self, change: &Change<D>) {
        self.overtake(|_, flight| flight.scope.is_touched_by(change));
    }

    /// As for a change, for every key that `picked` names, and for what is put together from such keys.
    pub fn overtake_keys(&mut self, picked: impl Fn(&str) -> bool) {
        self.overtake(|key, _| {
            picked(key) || parts_of_relations(key).iter().flatten().any(|part| picked(part))
        });
    }

    /// As for a change that touches everything.
    pub fn overtake_all(&mut self) {
        self.overtake(|_, _| true);
    }

    fn overtake(&mut self, touched: impl Fn(&str, &Flight<D>) -> bool) {
        for (key, flight) in &self.by_key {
            if flight.sent.get() && touched(&key.key, flight) {
                flight.overtaken.set(true);
            }
        }
    }

    /// How many reads joined another one.
    pub fn coalesced(&self) -> f64 {
        self.coalesced
    }

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }
}
