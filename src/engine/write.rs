//! The way of a write: an idempotent request, then the change that it made.

use super::call::{CallOptions, Sent, Stage};
use super::Engine;
use crate::cache::{Change, Source};
use crate::data::Data;
use crate::error::{code, Error, Report};
use crate::platform::Platform;
use crate::query::{Filter, Query, Test};
use crate::rest::Request;
use crate::tables::Table;
use futures_util::future::FutureExt;
use std::cell::Cell;
use std::rc::Rc;

/// One change to ask of the server.
pub enum Write {
    /// A new row.
    Insert {
        /// Where to.
        table: &'static Table,
        /// The row's id, which `body` carries too.
        id: String,
        /// Whether the caller chose the id: then it may be taken by a different row.
        chosen_id: bool,
        /// The row as JSON.
        body: String,
    },
    /// New values for one row.
    Update {
        /// Where.
        table: &'static Table,
        /// The row's id.
        id: String,
        /// The new values as JSON.
        body: String,
    },
    /// The end of a row.
    Delete {
        /// Where.
        table: &'static Table,
        /// Which row.
        filters: Vec<Filter>,
        /// Whether it is an error when there is none.
        must_exist: bool,
    },
}

impl Write {
    fn table(&self) -> &'static Table {
        match self {
            Self::Insert { table, .. } | Self::Update { table, .. } | Self::Delete { table, .. } => table,
        }
    }

    /// The id of the one row that it is about, where that is known beforehand.
    fn id(&self) -> Option<String> {
        match self {
            Self::Insert { id, .. } | Self::Update { id, .. } => Some(id.clone()),
            Self::Delete { filters, .. } => {
                filters.iter().find_map(|filter| match (filter.column, &filter.test) {
                    ("id", Test::Eq(id)) => Some(id.clone()),
                    _ => None,
                })
            }
        }
    }

    /// Bytes that it takes of a URL, below the server's address.
    pub fn url_length(&self) -> usize {
        self.request().path.len()
    }

    fn request(&self) -> Request {
        match self {
            Self::Insert { table, body, .. } => Request::insert(table, body.clone()),
            Self::Update { table, id, body } => Request::update(table, &by_id(id), body.clone()),
            Self::Delete { table, filters, .. } => Request::delete(table, filters),
        }
    }
}

fn by_id(id: &str) -> [Filter; 1] {
    [Filter { column: "id", test: Test::Eq(id.to_owned()) }]
}

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
    is_delete: bool,
    /// Whether another write that may touch the same row was under way at the same time.
    crossed: Cell<bool>,
}

impl Flying {
    fn meets(&self, other: &Self) -> bool {
        let is_other_row = matches!((&self.id, &other.id), (Some(own), Some(other)) if own != other);
        (*self.table == *other.table && !is_other_row) || self.takes_along(other) || other.takes_along(self)
    }

    /// Whether it deletes what the other one's row may belong to.
    fn takes_along(&self, other: &Self) -> bool {
        self.is_delete && self.table.cascades_to(other.table)
    }
}

impl WritesInAir {
    fn begin(&mut self, write: &Write) -> Rc<Flying> {
        let own = Rc::new(Flying {
            table: write.table(),
            id: write.id(),
            is_delete: matches!(write, Write::Delete { .. }),
            crossed: Cell::new(false),
        });
        for other in self.writes.iter().filter(|other| own.meets(other)) {
            own.crossed.set(true);
            other.crossed.set(true);
        }
        self.writes.push(own.clone());
        own
    }

    fn end(&mut self, own: &Rc<Flying>) {
        self.writes.retain(|write| !Rc::ptr_eq(write, own));
    }
}

impl<P: Platform> Engine<P> {
    /// Makes the change and answers the row; nothing for a delete.
    ///
    /// Whatever was cached of that row is right when this resolves. When the outcome is unknown (the answer was lost
    /// or the call aborted), whatever the write may have touched is dropped.
    pub async fn write(
        self: &Rc<Self>,
        write: Write,
        options: CallOptions,
    ) -> Result<Option<P::Data>, Error> {
        let stage = Stage::default();
        let sent = Sent::default();
        stage.waits_for(&sent);
        let timeout_ms = options.timeout_ms.unwrap_or_else(|| self.settings().timeout_ms);
        let work = async {
            self.settled().await;
            let in_air = InAir::begin(self, &write, &sent);
            let outcome = self.perform(&write, timeout_ms, &sent).await;
            in_air.settle(outcome)
        };
        self.guard(options.cancelled, &stage, work.boxed_local()).await
    }

    async fn perform(
        self: &Rc<Self>,
        write: &Write,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<Written<P::Data>, Error> {
        let outcome = self.attempt(&write.request(), timeout_ms, sent).await;
        match write {
            Write::Insert { table, id, chosen_id, body } => {
                let taken = match outcome {
                    Ok((answer, _)) if !answer.rows.is_empty() => {
                        return Ok(Written::Row(answer.rows.item(0)))
                    }
                    Ok((_, attempts)) => taken_id(table, attempts),
                    // An earlier attempt may have made the row whose uniqueness this one met.
                    Err(error) if error.is("23505") && error.attempts > 1 => error,
                    Err(error) => return Err(error),
                };
                match self.find_own(table, id, chosen_id.then_some(body), timeout_ms, sent).await {
                    Ok(row) => row.map(Written::Row).ok_or(taken),
                    Err(error) => {
                        let attempts = taken.attempts + error.attempts;
                        Err(error.after(attempts))
                    }
                }
            }
            Write::Update { table, .. } => {
                let (answer, attempts) = outcome?;
                if answer.rows.is_empty() {
                    return Err(Error::not_found(table.name).after(attempts));
                }
                Ok(Written::Row(answer.rows.item(0)))
            }
            Write::Delete { table, must_exist, .. } => {
                let (answer, attempts) = outcome?;
                if answer.rows.is_empty() && *must_exist && attempts == 1 {
                    return Err(Error::not_found(table.name).after(attempts));
                }
                Ok(Written::Deleted(answer.rows.items()))
            }
        }
    }

    /// The row that an insert of ours made though its answer was lost. None when the id is another row's: with an id
    /// that the caller chose, that shows in a column that differs from what was sent.
    async fn find_own(
        self: &Rc<Self>,
        table: &'static Table,
        id: &str,
        sent_body: Option<&String>,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<Option<P::Data>, Error> {
        let query = Query::of(table).filter("id", Test::Eq(id.to_owned()));
        let rows = self.single_row(query, timeout_ms, sent).await?;
        let row = (!rows.is_empty()).then(|| rows.item(0));
        Ok(row.filter(|row| match sent_body {
            None => true,
            Some(body) => P::Data::parse(body).is_some_and(|body| row.covers(&body)),
        }))
    }
}

fn taken_id(table: &Table, attempts: u32) -> Error {
    let message = ["The id is taken by another row of ", table.name].concat();
    Report { attempts, status: Some(409), ..Report::new("23505", message) }.into()
}

/// What a write left behind.
enum Written<D> {
    Row(D),
    Deleted(Vec<D>),
}

/// A write under way. Dropped before it is settled, it leaves the cache without whatever it may have touched.
struct InAir<P: Platform> {
    engine: Rc<Engine<P>>,
    write: Rc<Flying>,
    sent: Sent,
    is_settled: bool,
}

impl<P: Platform> InAir<P> {
    fn begin(engine: &Rc<Engine<P>>, write: &Write, sent: &Sent) -> Self {
        let write = engine.state.borrow_mut().writes.begin(write);
        Self { engine: engine.clone(), write, sent: sent.clone(), is_settled: false }
    }

    /// Applies what is known of the outcome and hands it on.
    fn settle(mut self, outcome: Result<Written<P::Data>, Error>) -> Result<Option<P::Data>, Error> {
        self.is_settled = true;
        self.leave();
        match outcome {
            Ok(Written::Row(row)) => {
                let source =
                    if self.write.crossed.get() { Source::Unknown } else { Source::Row(row.clone()) };
                self.apply(row.column("id").text().map(str::to_owned), source);
                Ok(Some(row))
            }
            Ok(Written::Deleted(rows)) => {
                for row in &rows {
                    self.apply(
                        row.column("id").text().map(str::to_owned),
                        Source::Deleted(Some(row.clone())),
                    );
                }
                if rows.is_empty() {
                    self.apply(self.write.id.clone(), Source::Unknown);
                }
                Ok(None)
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
        if self.sent.get() {
            self.apply(self.write.id.clone(), Source::Unknown);
        }
    }
}

/// Whether the server may have made the change, or knows better than we what the row is like. After more than one
/// attempt the last one's error says nothing about the earlier ones, whose answers were lost.
fn may_have_happened(error: &Error) -> bool {
    error.retryable || error.attempts > 1 || error.is(code::NOT_FOUND) || error.is("23505")
}
