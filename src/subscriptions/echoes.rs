//! Own writes whose echo has not come yet.
//!
//! An own write's answer is in the cache before its frame arrives. Two quick writes of one row make two frames, and the
//! first of them is older than what everybody sees already.

use crate::data::Data;
use crate::tables::Table;
use crate::time::{ECHO_OVERDUE_MS, ECHO_TIMEOUT_MS};

/// More than this many rows are not remembered; of older ones, a frame is taken for somebody else's.
const MAX_ROWS: usize = 200;

struct Awaited<D> {
    table: &'static Table,
    id: String,
    /// What the row was like after each write, in their order.
    states: Vec<State<D>>,
    since_ms: f64,
}

struct State<D> {
    /// None: gone.
    row: Option<D>,
    written_ms: f64,
    /// Whether it was found missing.
    is_missing: bool,
}

impl<D> State<D> {
    /// When it counts as missing. A delete never does: servers whose tables lack `replica identity full` tell none to a
    /// filtered binding.
    fn overdue_ms(&self) -> f64 {
        if self.is_missing || self.row.is_none() {
            f64::INFINITY
        } else {
            self.written_ms + ECHO_OVERDUE_MS
        }
    }
}

/// An own write that has not been echoed.
pub struct Missing<D> {
    /// The row's table.
    pub table: &'static Table,
    /// What the row was like after it.
    pub row: D,
    /// When it was answered.
    pub written_ms: f64,
}

/// The own writes that realtime has not told of.
pub struct Echoes<D> {
    rows: Vec<Awaited<D>>,
}

/// What a frame is, as far as own writes tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// No own write is on its way.
    Foreign,
    /// The echo of the last own write.
    Echo,
    /// The echo of an own write that another one followed, whose echo will come.
    OldEcho,
    /// Somebody else's change of a row that an own write changed too: nobody here knows which came last.
    Crossed,
}

impl<D> Default for Echoes<D> {
    fn default() -> Self {
        Self { rows: Vec::new() }
    }
}

impl<D: Data> Echoes<D> {
    /// An own write was answered: the row is like this now, or gone.
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

    /// A frame says that the row is like this, or gone. What is recognised is not waited for any more.
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

    /// Whether an own write left the row like this, and its echo is still to come.
    pub fn awaits(&self, table: &'static Table, id: &str, state: &D) -> bool {
        let mut rows = self.rows.iter().filter(|row| *row.table == *table && row.id == id);
        rows.any(|row| row.states.iter().filter_map(|own| own.row.as_ref()).any(|own| own.is_equal(state)))
    }

    /// Whether an echo of this row is still to come.
    pub fn is_awaited(&self, table: &'static Table, id: &str) -> bool {
        self.rows.iter().any(|row| *row.table == *table && row.id == id)
    }

    /// When the next echo counts as missing; infinite when none is awaited.
    pub fn overdue_ms(&self) -> f64 {
        self.rows.iter().flat_map(|row| &row.states).map(State::overdue_ms).fold(f64::INFINITY, f64::min)
    }

    /// The echoes that are missing by now, each once.
    pub fn take_missing(&mut self, now_ms: f64) -> Vec<Missing<D>> {
        let mut missing = Vec::new();
        for Awaited { table, states, .. } in &mut self.rows {
            // What is gone by now may never have been told before.
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

    /// The row was read anew: whatever echoes come, they are older.
    pub fn forget(&mut self, table: &'static Table, id: &str) {
        self.rows.retain(|row| *row.table != *table || row.id != id);
    }

    /// Nothing is waited for any more.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    fn row(&mut self, table: &'static Table, id: &str) -> Option<&mut Awaited<D>> {
        self.rows.iter_mut().find(|row| *row.table == *table && row.id == id)
    }
}
