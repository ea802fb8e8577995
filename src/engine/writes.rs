//! Own writes in flight: which changes may have crossed them, and how their outcome changes the cache.

use super::call::Sent;
use super::called::Graph;
use super::log::{ChangeLog, Place, Record};
use super::Engine;
use crate::cache::{Change, Source};
use crate::error::{code, Error};
use crate::flows::{is_taken, Write, Written};
use crate::platform::Platform;
use crate::subscriptions::id_of;
use crate::tables::{Table, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use std::rc::Rc;

/// An own write without a response so far.
pub struct WriteInFlight {
    table: &'static Table,
    /// `None` if the write does not name its rows by id and may affect any of them.
    id: Option<String>,
    /// Whether it deletes a row to which others may belong.
    is_delete: bool,
    /// Whether it also writes the nodes and connections of a workflow.
    saves_graph: bool,
    /// When it began.
    began: Place,
}

impl WriteInFlight {
    /// Whether both may touch the same row.
    fn meets(&self, other: &Self) -> bool {
        let is_other_row = matches!((&self.id, &other.id), (Some(own), Some(other)) if own != other);
        (*self.table == *other.table && !is_other_row) || self.takes_along(other) || other.takes_along(self)
    }

    /// Whether it deletes a row to which the other write's row may belong, or saves the graph that contains it.
    fn takes_along(&self, other: &Self) -> bool {
        let is_of_graph = [&WORKFLOW_NODES, &WORKFLOW_CONNECTIONS].contains(&other.table);
        (self.is_delete && self.table.cascades_to(other.table)) || (self.saves_graph && is_of_graph)
    }

    /// Whether it may write this row.
    pub fn may_mean(&self, table: &Table, id: &str) -> bool {
        *table == *self.table && self.id.as_deref().is_none_or(|own| own == id)
    }
}

/// Own writes without a response so far.
#[derive(Default)]
pub struct WritesInFlight {
    writes: Vec<Rc<WriteInFlight>>,
}

impl WritesInFlight {
    /// Adds a write that begins now.
    pub fn begin(&mut self, log: &mut ChangeLog, write: &Write) -> Rc<WriteInFlight> {
        let own = Rc::new(WriteInFlight {
            table: write.table(),
            id: write.id(),
            is_delete: matches!(write, Write::Delete { .. }),
            saves_graph: matches!(write, Write::Call(call) if *call.function.table() == WORKFLOWS),
            began: log.place(),
        });
        self.writes.push(own.clone());
        own
    }

    /// Removes a write.
    pub fn end(&mut self, own: &Rc<WriteInFlight>) {
        self.writes.retain(|write| !Rc::ptr_eq(write, own));
    }

    /// Whether another write that may touch the same row overlapped with `own`, so that either may have happened
    /// first. `own` is no longer in flight.
    pub fn crossed(&self, log: &ChangeLog, own: &WriteInFlight) -> bool {
        self.writes.iter().any(|write| own.meets(write))
            || log.has_since(
                own.began,
                |record| matches!(record, Record::WriteEnded(other) if own.meets(other)),
            )
    }

    /// When the oldest of them began.
    pub fn oldest(&self) -> Option<Place> {
        self.writes.iter().map(|write| write.began).min()
    }
}

/// What else happened during a write.
struct Overlap {
    /// An overlapping write may have changed the same row.
    was_crossed: bool,
    /// The rows that frames reported. The response does not tell whether it is older than a frame. `None` if the
    /// records have been removed.
    heard: Option<Vec<(&'static Table, String)>>,
}

impl Overlap {
    /// Whether a frame may have reported a row for which `is_such` is true.
    fn has_heard(&self, is_such: impl Fn(&'static Table, &str) -> bool) -> bool {
        self.heard.as_ref().is_none_or(|heard| heard.iter().any(|(table, id)| is_such(table, id)))
    }
}

/// A write in flight. If it is dropped before it is settled, the cache loses every entry that the write may have
/// touched.
pub(super) struct WriteGuard<P: Platform> {
    engine: Rc<Engine<P>>,
    write: Rc<WriteInFlight>,
    sent: Sent,
    is_settled: bool,
}

impl<P: Platform> WriteGuard<P> {
    pub fn begin(engine: &Rc<Engine<P>>, write: &Write, sent: &Sent) -> Self {
        let state = &mut *engine.state.borrow_mut();
        let write = state.writes.begin(&mut state.log, write);
        Self { engine: engine.clone(), write, sent: sent.clone(), is_settled: false }
    }

    /// Applies the outcome to the cache and returns it.
    pub fn settle(
        mut self,
        write: &Write,
        outcome: Result<Written<P::Data>, Error>,
    ) -> Result<Option<P::Data>, Error> {
        self.is_settled = true;
        let overlap = self.leave();
        match outcome {
            Ok(Written::Row(row)) => {
                let id = id_of(&row);
                if overlap.was_crossed || self.was_overheard(&overlap, id.as_deref(), &row) {
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
                // The order of the changes is unknown: drop the entries that the write touched.
                let is_outdated = |saved: &Graph<P::Data>| {
                    overlap.was_crossed
                        || overlap.has_heard(|table, id| self.engine.was_told_otherwise(table, id, saved))
                };
                Ok(self.engine.called(call, answer, is_outdated))
            }
            Err(error) => {
                if may_have_happened(&error) {
                    self.apply(self.write.id.clone(), Source::after(&error));
                    if let Write::Call(call) = write {
                        self.engine.may_have_left(call);
                    }
                }
                Err(error)
            }
        }
    }

    fn apply(&self, id: Option<String>, source: Source<P::Data>) {
        self.engine.apply(&Change { table: self.write.table, id, source });
    }

    /// Whether a frame reported a state of the row that differs from the response.
    fn was_overheard(&self, overlap: &Overlap, id: Option<&str>, row: &P::Data) -> bool {
        overlap.has_heard(|table, id| self.write.may_mean(table, id))
            && !id.is_some_and(|id| self.engine.was_told(self.write.table, id, row))
    }

    fn wrote(&self, id: Option<&str>, row: Option<&P::Data>) {
        if let Some(id) = id {
            self.engine.wrote(self.write.table, id, row);
        }
    }

    /// Ends the write.
    fn leave(&self) -> Overlap {
        let mut state = self.engine.state.borrow_mut();
        state.writes.end(&self.write);
        let overlap = Overlap {
            was_crossed: state.writes.crossed(&state.log, &self.write),
            heard: state.log.heard_since(self.write.began),
        };
        if self.sent.is_sent() {
            state.note(Record::WriteEnded(self.write.clone()));
        }
        overlap
    }
}

impl<P: Platform> Drop for WriteGuard<P> {
    fn drop(&mut self) {
        if self.is_settled {
            return;
        }
        self.leave();
        if self.sent.is_sent() {
            self.apply(self.write.id.clone(), Source::Lost);
        }
    }
}

/// Whether the server may have made the change, or has a newer state of the row. After several attempts, the last
/// error says nothing about the earlier attempts, whose responses were lost.
fn may_have_happened(error: &Error) -> bool {
    error.retryable || error.attempts > 1 || error.is(code::NOT_FOUND) || is_taken(error)
}
