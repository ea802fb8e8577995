//! Own writes whose echo has not arrived yet.
//!
//! The response to an own write reaches the cache before its frame arrives. Two quick writes to one row cause two
//! frames, and the first of them is older than the cached state.

use crate::data::Data;
use crate::tables::Table;
use crate::time::{ECHO_OVERDUE_MS, ECHO_TIMEOUT_MS};

/// Maximum number of rows. Frames for older ones are treated as other clients' changes.
const MAX_ROWS: usize = 200;

struct Awaited<D> {
    table: &'static Table,
    id: String,
    /// The state of the row after each write, in order.
    states: Vec<State<D>>,
    since_ms: f64,
}

struct State<D> {
    /// `None` if the row was deleted.
    row: Option<D>,
    written_ms: f64,
    /// Whether it was reported as missing.
    is_missing: bool,
}

impl<D> State<D> {
    /// When the echo counts as missing. The echo of a delete never does: servers whose tables lack `replica identity
    /// full` do not send deletes to filtered bindings.
    fn overdue_ms(&self) -> f64 {
        if self.is_missing || self.row.is_none() {
            f64::INFINITY
        } else {
            self.written_ms + ECHO_OVERDUE_MS
        }
    }
}

/// An own write whose echo is missing.
pub struct Missing<D> {
    /// The row's table.
    pub table: &'static Table,
    /// The row after the write.
    pub row: D,
    /// When the response arrived.
    pub written_ms: f64,
}

/// The own writes that realtime has not echoed.
pub struct Echoes<D> {
    rows: Vec<Awaited<D>>,
}

/// How a frame relates to own writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// No echo of an own write is pending.
    Foreign,
    /// The echo of the last own write.
    Echo,
    /// The echo of an own write that was followed by another, whose echo has not arrived.
    OldEcho,
    /// Another client's change of a row that an own write changed too. Which came last is unknown.
    Crossed,
}

impl<D> Default for Echoes<D> {
    fn default() -> Self {
        Self { rows: Vec::new() }
    }
}

impl<D: Data> Echoes<D> {
    /// Records the response to an own write: the row now has this state, or is gone.
    pub fn wrote(&mut self, table: &'static Table, id: &str, state: Option<D>, now_ms: f64) {
        self.rows.retain(|row| now_ms - row.since_ms < ECHO_TIMEOUT_MS);
        let state = State { row: state, written_ms: now_ms, is_missing: false };
        if let Some(row) = self.row(table, id) {
            row.states.push(state);
            row.since_ms = now_ms;
            return;
        }
        if self.rows.len() >= MAX_ROWS {
            self.rows.remove(0);
        }
        self.rows.push(Awaited { table, id: id.to_owned(), states: vec![state], since_ms: now_ms });
    }

    /// Classifies a frame with this state of the row, or with its deletion. A recognized echo is no longer awaited.
    pub fn judge(&mut self, table: &'static Table, id: &str, state: Option<&D>, now_ms: f64) -> Origin {
        let Some(row) = self.row(table, id).filter(|row| now_ms - row.since_ms < ECHO_TIMEOUT_MS) else {
            return Origin::Foreign;
        };
        let is_same = |own: &State<D>| match (&own.row, state) {
            (Some(own), Some(state)) => own.is_equal(state),
            (None, None) => true,
            _ => false,
        };
        let Some(place) = row.states.iter().position(is_same) else { return Origin::Crossed };
        row.states.drain(..=place);
        if row.states.is_empty() {
            self.forget(table, id);
            Origin::Echo
        } else {
            Origin::OldEcho
        }
    }

    /// Whether an own write left the row in this state and its echo has not arrived.
    pub fn awaits(&self, table: &'static Table, id: &str, state: &D) -> bool {
        let mut rows = self.rows.iter().filter(|row| *row.table == *table && row.id == id);
        rows.any(|row| row.states.iter().filter_map(|own| own.row.as_ref()).any(|own| own.is_equal(state)))
    }

    /// Whether an echo for this row is outstanding.
    pub fn is_awaited(&self, table: &'static Table, id: &str) -> bool {
        self.rows.iter().any(|row| *row.table == *table && row.id == id)
    }

    /// When the next echo counts as missing; infinity if none is outstanding.
    pub fn overdue_ms(&self) -> f64 {
        self.rows.iter().flat_map(|row| &row.states).map(State::overdue_ms).fold(f64::INFINITY, f64::min)
    }

    /// Returns the echoes that are missing by now, each only once.
    pub fn take_missing(&mut self, now_ms: f64) -> Vec<Missing<D>> {
        let mut missing = Vec::new();
        for Awaited { table, states, .. } in &mut self.rows {
            // A deleted row may never have been reported.
            let is_gone = states.last().is_some_and(|state| state.row.is_none());
            for state in states.iter_mut().filter(|state| state.overdue_ms() <= now_ms) {
                state.is_missing = true;
                if let Some(row) = state.row.clone().filter(|_| !is_gone) {
                    missing.push(Missing { table, row, written_ms: state.written_ms });
                }
            }
        }
        missing
    }

    /// Handles that the row was read again: any echo that has not arrived is older.
    pub fn forget(&mut self, table: &'static Table, id: &str) {
        self.rows.retain(|row| *row.table != *table || row.id != id);
    }

    /// Stops waiting for any echo.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    fn row(&mut self, table: &'static Table, id: &str) -> Option<&mut Awaited<D>> {
        self.rows.iter_mut().find(|row| *row.table == *table && row.id == id)
    }
}
