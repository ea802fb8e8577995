//! Own writes on their way: what may have crossed them, and what becomes of the cache when they are over.

use super::call::Sent;
use super::Engine;
use crate::cache::{Change, Source};
use crate::error::{code, Error};
use crate::feeds::id_of;
use crate::flows::{is_taken, Write, Written};
use crate::platform::Platform;
use crate::tables::{Table, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use std::cell::Cell;
use std::rc::Rc;

/// Own writes that are not answered yet. Two that may touch the same row may have happened in either order.
#[derive(Default)]
pub struct WritesInAir {
    writes: Vec<Rc<Flying>>,
}

/// A write under way.
struct Flying {
    table: &'static Table,
    /// None when it names its rows by something else, and may mean any.
    id: Option<String>,
    /// Whether it deletes what other rows may belong to.
    is_delete: bool,
    /// Whether it writes the nodes and connections of a workflow too.
    saves_graph: bool,
    /// Whether another write that may touch the same row was under way at the same time.
    crossed: Cell<bool>,
    /// Whether a frame told of such a row meanwhile: which of both came last the answer does not say.
    heard: Cell<bool>,
}

impl Flying {
    fn meets(&self, other: &Self) -> bool {
        let is_other_row = matches!((&self.id, &other.id), (Some(own), Some(other)) if own != other);
        (*self.table == *other.table && !is_other_row) || self.takes_along(other) || other.takes_along(self)
    }

    /// Whether it deletes what the other one's row may belong to, or saves the graph that this row may be a part of.
    fn takes_along(&self, other: &Self) -> bool {
        let is_of_graph = [&WORKFLOW_NODES, &WORKFLOW_CONNECTIONS].contains(&other.table);
        (self.is_delete && self.table.cascades_to(other.table)) || (self.saves_graph && is_of_graph)
    }
}

impl WritesInAir {
    fn begin(&mut self, write: &Write) -> Rc<Flying> {
        let own = Rc::new(Flying {
            table: write.table(),
            id: write.id(),
            is_delete: matches!(write, Write::Delete { .. }),
            saves_graph: matches!(write, Write::Call(call) if *call.function.table() == WORKFLOWS),
            crossed: Cell::new(false),
            heard: Cell::new(false),
        });
        for other in self.writes.iter().filter(|other| own.meets(other)) {
            own.crossed.set(true);
            other.crossed.set(true);
        }
        self.writes.push(own.clone());
        own
    }

    /// A frame tells of this row.
    pub fn hear(&self, table: &Table, id: &str) {
        let is_meant =
            |write: &&Rc<Flying>| *write.table == *table && write.id.as_deref().is_none_or(|own| own == id);
        for write in self.writes.iter().filter(is_meant) {
            write.heard.set(true);
        }
    }

    fn end(&mut self, own: &Rc<Flying>) {
        self.writes.retain(|write| !Rc::ptr_eq(write, own));
    }
}

/// A write under way. Dropped before it is settled, it leaves the cache without whatever it may have touched.
pub(super) struct InAir<P: Platform> {
    engine: Rc<Engine<P>>,
    write: Rc<Flying>,
    sent: Sent,
    is_settled: bool,
}

impl<P: Platform> InAir<P> {
    pub fn begin(engine: &Rc<Engine<P>>, write: &Write, sent: &Sent) -> Self {
        let write = engine.state.borrow_mut().writes.begin(write);
        Self { engine: engine.clone(), write, sent: sent.clone(), is_settled: false }
    }

    /// Applies what is known of the outcome and hands it on.
    pub fn settle(
        mut self,
        write: &Write,
        outcome: Result<Written<P::Data>, Error>,
    ) -> Result<Option<P::Data>, Error> {
        self.is_settled = true;
        self.leave();
        match outcome {
            Ok(Written::Row(row)) => {
                let id = id_of(&row);
                if self.is_overtaken(id.as_deref(), &row) {
                    self.apply(id, Source::Unknown);
                } else {
                    self.apply(id.clone(), Source::Row(row.clone()));
                    self.wrote(id.as_deref(), Some(&row));
                }
                Ok(Some(row))
            }
            Ok(Written::Deleted(rows)) => {
                for row in &rows {
                    let id = id_of(row);
                    self.apply(id.clone(), Source::Deleted(Some(row.clone())));
                    self.wrote(id.as_deref(), None);
                }
                if rows.is_empty() {
                    self.apply(self.write.id.clone(), Source::Unknown);
                }
                Ok(None)
            }
            Ok(Written::Called(answer)) => {
                let Write::Call(call) = write else { return Ok(Some(answer)) };
                Ok(Some(self.engine.called(call, answer, self.write.crossed.get())))
            }
            Err(error) => {
                if may_have_happened(&error) {
                    self.apply(self.write.id.clone(), Source::Unknown);
                }
                Err(error)
            }
        }
    }

    fn apply(&self, id: Option<String>, source: Source<P::Data>) {
        self.engine.apply(&Change { table: self.write.table, id, source });
    }

    /// Whether somebody else may have changed the row since: another own write, or what a frame told of.
    fn is_overtaken(&self, id: Option<&str>, row: &P::Data) -> bool {
        self.write.crossed.get()
            || (self.write.heard.get()
                && !id.is_some_and(|id| self.engine.was_told(self.write.table, id, row)))
    }

    fn wrote(&self, id: Option<&str>, row: Option<&P::Data>) {
        if let Some(id) = id {
            self.engine.wrote(self.write.table, id, row);
        }
    }

    fn leave(&self) {
        self.engine.state.borrow_mut().writes.end(&self.write);
    }
}

impl<P: Platform> Drop for InAir<P> {
    fn drop(&mut self) {
        if self.is_settled {
            return;
        }
        self.leave();
        if self.sent.is_sent() {
            self.apply(self.write.id.clone(), Source::Unknown);
        }
    }
}

/// Whether the server may have made the change, or knows better than we what the row is like. After more than one
/// attempt the last one's error says nothing about the earlier ones, whose answers were lost.
fn may_have_happened(error: &Error) -> bool {
    error.retryable || error.attempts > 1 || error.is(code::NOT_FOUND) || is_taken(error)
}
