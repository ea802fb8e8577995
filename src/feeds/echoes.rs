//! Own writes whose echo has not come yet.
//!
//! An own write's answer is in the cache before its frame arrives. Two quick writes of one row make two frames, and the
//! first of them is older than what everybody sees already.

use crate::data::Data;
use crate::tables::Table;

/// An echo that is not here by then (monotonic milliseconds) does not come.
const PATIENCE_MS: f64 = 30_000.0;
/// More than this many rows are not remembered; of older ones, a frame is taken for somebody else's.
const MAX_ROWS: usize = 200;

struct Awaited<D> {
    table: &'static Table,
    id: String,
    /// What the row was like after each write, in their order. None: gone.
    states: Vec<Option<D>>,
    since_ms: f64,
}

/// The own writes that realtime has not told of.
pub struct Echoes<D> {
    rows: Vec<Awaited<D>>,
}

/// What a frame is, as far as own writes tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
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
        self.rows.retain(|row| now_ms - row.since_ms < PATIENCE_MS);
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
    pub fn judge(&mut self, table: &'static Table, id: &str, state: Option<&D>, now_ms: f64) -> Verdict {
        let Some(row) = self.row(table, id).filter(|row| now_ms - row.since_ms < PATIENCE_MS) else {
            return Verdict::Foreign;
        };
        let is_same = |own: &Option<D>| match (own, state) {
            (Some(own), Some(state)) => own.is_equal(state),
            (None, None) => true,
            _ => false,
        };
        let Some(place) = row.states.iter().position(is_same) else { return Verdict::Crossed };
        row.states.drain(..=place);
        if row.states.is_empty() {
            self.forget(table, id);
            Verdict::Echo
        } else {
            Verdict::OldEcho
        }
    }

    /// Whether an own write left the row like this, and its echo is still to come.
    pub fn awaits(&self, table: &'static Table, id: &str, state: &D) -> bool {
        let mut rows = self.rows.iter().filter(|row| *row.table == *table && row.id == id);
        rows.any(|row| row.states.iter().flatten().any(|own| own.is_equal(state)))
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
