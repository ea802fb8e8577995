//! The way of a write: an idempotent request, then the change that it made.

use super::call::{CallOptions, Sent, Stage};
use super::function::{is_taken, migration_required, Call, MISSING_POLICIES};
use super::in_air::{InAir, Written};
use super::list::another_answer;
use super::Engine;
use crate::data::{Data, Value};
use crate::error::{code, Error, Report};
use crate::platform::Platform;
use crate::query::{Filter, Query, Test};
use crate::rest::Request;
use crate::tables::{Hole, Table};
use futures_util::future::FutureExt;
use std::rc::Rc;

/// What a table's `secret_format` says of ciphertext.
const ENCRYPTED: &str = "pgp";

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
        /// What the caller knows of the row, if it must not have changed since.
        expected: Option<Expected>,
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
    /// New values for the row with the natural key that `body` carries, or a new row.
    Upsert {
        /// Where to.
        table: &'static Table,
        /// Whose row it is.
        user_id: String,
        /// The row as JSON, without an id: it would rewrite that of the row that is there.
        body: String,
    },
    /// A new row, unless there is one with this natural key.
    Ensure {
        /// Where to.
        table: &'static Table,
        /// Whose row it is.
        user_id: String,
        /// The natural key.
        filters: Vec<Filter>,
        /// The row as JSON.
        body: String,
    },
    /// Several rows in one transaction, by a function of the database.
    Call(Call),
}

/// The state of a row that an update is meant for.
pub struct Expected {
    /// Its `updated_at`.
    pub updated_at: String,
    /// The values that the update sets, as JSON, without `updated_at`: they tell an own update whose answer was lost.
    pub values: String,
}

impl Write {
    pub(super) fn table(&self) -> &'static Table {
        match self {
            Self::Insert { table, .. }
            | Self::Update { table, .. }
            | Self::Delete { table, .. }
            | Self::Upsert { table, .. }
            | Self::Ensure { table, .. } => table,
            Self::Call(call) => call.function.table(),
        }
    }

    /// The id of the one row that it is about, where that is known beforehand.
    pub(super) fn id(&self) -> Option<String> {
        match self {
            Self::Insert { id, .. } | Self::Update { id, .. } => Some(id.clone()),
            Self::Delete { filters, .. } => id_in(filters),
            Self::Upsert { .. } | Self::Ensure { .. } => None,
            Self::Call(call) => call.workflow_id.clone(),
        }
    }

    /// Bytes that it takes of a URL, below the server's address.
    pub fn url_length(&self) -> usize {
        self.request().path.len()
    }

    fn request(&self) -> Request {
        match self {
            Self::Insert { table, body, .. } => Request::insert(table, "id", body.clone()),
            Self::Update { table, id, body, expected } => {
                let unchanged = expected.as_ref().map(|expected| Filter {
                    column: "updated_at",
                    test: Test::Eq(expected.updated_at.clone()),
                });
                let filters: Vec<_> = by_id(id).into_iter().chain(unchanged).collect();
                Request::update(table, &filters, body.clone())
            }
            Self::Delete { table, filters, .. } => Request::delete(table, filters),
            Self::Upsert { table, body, .. } => Request::upsert(table, table.natural_key, body.clone()),
            Self::Ensure { table, body, .. } => Request::insert(table, table.natural_key, body.clone()),
            Self::Call(call) => call.request(),
        }
    }
}

fn id_in(filters: &[Filter]) -> Option<String> {
    filters.iter().find_map(|filter| match (filter.column, &filter.test) {
        ("id", Test::Eq(id)) => Some(id.clone()),
        _ => None,
    })
}

fn by_id(id: &str) -> [Filter; 1] {
    [Filter { column: "id", test: Test::Eq(id.to_owned()) }]
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
            in_air.settle(&write, outcome)
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
                    Err(error) => {
                        return Err(self.refused(table, creator::<P::Data>(body).as_deref(), error))
                    }
                };
                let sent_body = chosen_id.then_some(body);
                match self.find_own(table, id, sent_body, taken.attempts > 1, timeout_ms, sent).await {
                    Ok(row) => row.map(Written::Row).ok_or(taken),
                    Err(error) => {
                        let attempts = taken.attempts + error.attempts;
                        Err(error.after(attempts))
                    }
                }
            }
            Write::Update { table, id, expected, .. } => {
                let (answer, attempts) = outcome?;
                if !answer.rows.is_empty() {
                    return Ok(Written::Row(answer.rows.item(0)));
                }
                if expected.is_none() && !table.holes.contains(&Hole::Update) {
                    return Err(Error::not_found(table.name).after(attempts));
                }
                let row = self.find(table, &by_id(id), timeout_ms, sent).await?;
                unchanged(table, row, expected.as_ref(), attempts)
            }
            Write::Delete { table, must_exist, filters } => {
                let (answer, attempts) = outcome?;
                if answer.rows.is_empty() && *must_exist && attempts == 1 {
                    return Err(Error::not_found(table.name).after(attempts));
                }
                if answer.rows.is_empty()
                    && table.holes.contains(&Hole::Delete)
                    && self.find(table, filters, timeout_ms, sent).await?.is_some()
                {
                    return Err(migration_required(MISSING_POLICIES).after(attempts));
                }
                Ok(Written::Deleted(answer.rows.items()))
            }
            Write::Upsert { table, user_id, .. } => {
                let (answer, attempts) =
                    outcome.map_err(|error| self.refused(table, Some(user_id), error))?;
                if answer.rows.is_empty() {
                    return Err(another_answer().after(attempts));
                }
                Ok(Written::Row(answer.rows.item(0)))
            }
            Write::Ensure { table, user_id, filters, .. } => {
                let (answer, attempts) =
                    outcome.map_err(|error| self.refused(table, Some(user_id), error))?;
                if !answer.rows.is_empty() {
                    return Ok(Written::Row(answer.rows.item(0)));
                }
                let row = self.find(table, filters, timeout_ms, sent).await?;
                row.map(Written::Row).ok_or_else(|| Error::not_found(table.name).after(attempts))
            }
            Write::Call(call) => {
                let (answer, _) = match outcome {
                    // What is in the way may be what an earlier attempt made.
                    Err(error) if call.function.knows_replays() && is_taken(&error) && error.attempts > 1 => {
                        self.attempt(&call.replay(), timeout_ms, sent).await
                    }
                    outcome => outcome,
                }
                .map_err(|error| call.refused(error))?;
                Ok(Written::Called(answer.rows))
            }
        }
    }

    /// A user whose own row is refused meets a policy that the database lacks. A row without an owner becomes its maker's.
    fn refused(&self, table: &Table, owner: Option<&str>, error: Error) -> Error {
        let is_hole = error.is("42501") && table.holes.contains(&Hole::Insert);
        if is_hole && self.subject().is_some_and(|subject| owner.is_none_or(|owner| owner == subject)) {
            return migration_required(MISSING_POLICIES).after(error.attempts);
        }
        error
    }

    /// The one row that there is at most.
    async fn find(
        self: &Rc<Self>,
        table: &'static Table,
        filters: &[Filter],
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<Option<P::Data>, Error> {
        let query = Query { filters: filters.to_vec(), ..Query::of(table) };
        let rows = self.single_row(query, timeout_ms, sent).await?;
        Ok((!rows.is_empty()).then(|| rows.item(0)))
    }

    /// The row that an insert of ours made though its answer was lost. None when the id is another row's: with an id
    /// that the caller chose, that shows in a column that differs from what was sent. A curated column says nothing. A
    /// secret that the database encrypted always differs; only after an answer `was_lost` the other columns have to do.
    async fn find_own(
        self: &Rc<Self>,
        table: &'static Table,
        id: &str,
        sent_body: Option<&String>,
        was_lost: bool,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<Option<P::Data>, Error> {
        let row = self.find(table, &by_id(id), timeout_ms, sent).await?;
        Ok(row.filter(|row| match sent_body {
            None => true,
            Some(body) => P::Data::parse(body).is_some_and(|body| {
                let format = table.secret_format.map_or(Value::Absent, |column| row.column(column));
                let hidden = table.secret.filter(|_| was_lost && format.text() == Some(ENCRYPTED));
                let ignored: Vec<_> = table.curated.iter().copied().chain(hidden).collect();
                row.covers(&P::Data::object(Some(&body), &ignored, &[]))
            }),
        }))
    }
}

/// Whose a new row is to be. None where it does not say; an empty text where it is to be nobody's.
fn creator<D: Data>(body: &str) -> Option<String> {
    match D::parse(body)?.column("created_by") {
        Value::Absent => None,
        value => Some(value.text().unwrap_or_default().to_owned()),
    }
}

fn taken_id(table: &Table, attempts: u32) -> Error {
    let message = ["The id is taken by another row of ", table.name].concat();
    Report { attempts, status: Some(409), ..Report::new("23505", message) }.into()
}

/// What it means that an update changed nothing, though `row` is there (or is not).
fn unchanged<D: Data>(
    table: &Table,
    row: Option<D>,
    expected: Option<&Expected>,
    attempts: u32,
) -> Result<Written<D>, Error> {
    let Some(row) = row else { return Err(Error::not_found(table.name).after(attempts)) };
    let error = match expected {
        None => migration_required(MISSING_POLICIES),
        Some(expected) if row.column("updated_at").text() == Some(&expected.updated_at) => {
            // It is as expected, and still nobody's to change: a public row of another user.
            Error::not_found(table.name)
        }
        Some(expected) => {
            let is_own = D::parse(&expected.values).is_some_and(|values| row.covers(&values));
            if attempts > 1 && is_own {
                return Ok(Written::Row(row));
            }
            Error::new(code::CONFLICT, ["The row of ", table.name, " has changed since it was read"].concat())
        }
    };
    Err(error.after(attempts))
}
