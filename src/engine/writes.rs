//! Own writes in flight: what may have crossed them, and what becomes of the cache when they are over.

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

/// An own write that is not answered yet.
pub struct WriteInFlight {
    table: &'static Table,
    /// None when it names its rows by something else, and may mean any.
    id: Option<String>,
    /// Whether it deletes what other rows may belong to.
    is_delete: bool,
    /// Whether it writes the nodes and connections of a workflow too.
    saves_graph: bool,
    /// When it began.
    began: Place,
}

impl WriteInFlight {
    fn meets(&self, other: &Self) -> bool {
        let is_other_row = matches!((&self.id, &other.id), (Some(own), Some(other)) if own != other);
        (*self.table == *other.table && !is_other_row) || self.takes_along(other) || other.takes_along(self)
    }

    /// Whether it deletes what the other one's row may belong to, or saves the graph that this row may be a part of.
    fn takes_along(&self, other: &Self) -> bool {
        let is_of_graph = [&WORKFLOW_NODES, &WORKFLOW_CONNECTIONS].contains(&other.table);
        (self.is_delete && self.table.cascades_to(other.table)) || (self.saves_graph && is_of_graph)
    }

    /// Whether this may be its row.
    fn may_mean(&self, table: &Table, id: &str) -> bool {
        *table == *self.table && self.id.as_deref().is_none_or(|own| own == id)
    }
}

/// Own writes that are not answered yet.
#[derive(Default)]
pub struct WritesInFlight {
    writes: Vec<Rc<WriteInFlight>>,
}

impl WritesInFlight {
    fn begin(&mut self, log: &mut ChangeLog, write: &Write) -> Rc<WriteInFlight> {
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

    fn end(&mut self, own: &Rc<WriteInFlight>) {
        self.writes.retain(|write| !Rc::ptr_eq(write, own));
    }

    /// Whether another write that may touch the same row was in flight at the same time: both may have happened in either
    /// order. `own` is not in flight any more.
    fn crossed(&self, log: &ChangeLog, own: &WriteInFlight) -> bool {
        self.writes.iter().any(|write| own.meets(write))
            || log.has_since(own.began, |record| matches!(record, Record::Written(other) if own.meets(other)))
    }

    /// When the first of them began.
    pub fn oldest(&self) -> Option<Place> {
        self.writes.iter().map(|write| write.began).min()
    }
}

/// What happened while a write was in flight.
struct Meanwhile {
    /// Another write was in flight that may have touched the same row.
    was_crossed: bool,
    /// The rows that frames told of: whether the answer is older, it does not say. None when that is not known any more.
    heard: Option<Vec<(&'static Table, String)>>,
}

impl Meanwhile {
    /// Whether a frame may have told of such a row.
    fn has_heard(&self, is_such: impl Fn(&'static Table, &str) -> bool) -> bool {
        self.heard.as_ref().is_none_or(|heard| heard.iter().any(|(table, id)| is_such(table, id)))
    }
}

/// A write under way. Dropped before it is settled, it leaves the cache without whatever it may have touched.
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

    /// Applies what is known of the outcome and hands it on.
    pub fn settle(
        mut self,
        write: &Write,
        outcome: Result<Written<P::Data>, Error>,
    ) -> Result<Option<P::Data>, Error> {
        self.is_settled = true;
        let meanwhile = self.leave();
        match outcome {
            Ok(Written::Row(row)) => {
                let id = id_of(&row);
                if meanwhile.was_crossed || self.was_overheard(&meanwhile, id.as_deref(), &row) {
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
                // Nobody knows which came later: what it touched is dropped.
                let is_outdated = |saved: &Graph<P::Data>| {
                    meanwhile.was_crossed
                        || meanwhile.has_heard(|table, id| self.engine.was_told_otherwise(table, id, saved))
                };
                Ok(Some(self.engine.called(call, answer, is_outdated)))
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

    /// Whether a frame told meanwhile that the row is not what the answer says.
    fn was_overheard(&self, meanwhile: &Meanwhile, id: Option<&str>, row: &P::Data) -> bool {
        meanwhile.has_heard(|table, id| self.write.may_mean(table, id))
            && !id.is_some_and(|id| self.engine.was_told(self.write.table, id, row))
    }

    fn wrote(&self, id: Option<&str>, row: Option<&P::Data>) {
        if let Some(id) = id {
            self.engine.wrote(self.write.table, id, row);
        }
    }

    /// The write is not in flight any more.
    fn leave(&self) -> Meanwhile {
        let mut state = self.engine.state.borrow_mut();
        state.writes.end(&self.write);
        let meanwhile = Meanwhile {
            was_crossed: state.writes.crossed(&state.log, &self.write),
            heard: state.log.heard_since(self.write.began),
        };
        if self.sent.is_sent() {
            state.note(Record::Written(self.write.clone()));
        }
        meanwhile
    }
}

impl<P: Platform> Drop for WriteGuard<P> {
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
