//! The way of a write: an idempotent request, then the change that it made.

use super::call::{CallOptions, Sent, Stage};
use super::function::{is_taken, migration_required, Call, Function, MISSING_POLICIES};
use super::in_air::{InAir, Written};
use super::list::another_answer;
use super::Engine;
use crate::data::{Data, Member, Value};
use crate::error::{code, Error, Report};
use crate::platform::Platform;
use crate::query::{Filter, Query, Test};
use crate::rest::Request;
use crate::tables::{Hole, Table, WORKFLOWS};
use crate::time::timestamp;
use futures_util::future::FutureExt;
use std::cmp::Ordering;
use std::rc::Rc;

/// What a table's `secret_format` says of ciphertext.
const ENCRYPTED: &str = "pgp";

/// One change to ask of the server.
#[derive(Clone)]
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
        /// The version of the row that they are meant for.
        condition: Option<Condition>,
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

/// The version of a row that a write is meant for, by its `updated_at`.
#[derive(Clone)]
pub enum Condition {
    /// The caller's. The write is refused when the row has another one.
    Wanted(String),
    /// What the row has as far as is known. The write is made all the same when it has another one, which only tells that
    /// somebody else changed it.
    Assumed(String),
}

impl Condition {
    /// The version.
    pub fn updated_at(&self) -> &str {
        match self {
            Self::Wanted(updated_at) | Self::Assumed(updated_at) => updated_at,
        }
    }
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

    /// The workflow that it makes a new version of, if it is a write that can be meant for a version.
    fn versioned_row(&self) -> Option<&str> {
        match self {
            Self::Update { table, id, .. } if **table == WORKFLOWS => Some(id),
            Self::Call(call) if call.function == Function::SaveGraph => call.workflow_id.as_deref(),
            _ => None,
        }
    }

    fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Update { condition, .. } => condition.as_ref(),
            Self::Call(call) => call.condition.as_ref(),
            _ => None,
        }
    }

    /// The same write, meant for another version.
    fn on(&self, other: Option<Condition>) -> Self {
        let mut write = self.clone();
        match &mut write {
            Self::Update { condition, .. } => *condition = other,
            Self::Call(call) => call.condition = other,
            _ => {}
        }
        write
    }

    /// Bytes that it takes of a URL, below the server's address.
    pub fn url_length(&self) -> usize {
        self.request().path.len()
    }

    fn request(&self) -> Request {
        match self {
            Self::Insert { table, body, .. } => Request::insert(table, "id", body.clone()),
            Self::Update { table, id, body, condition } => {
                let unchanged = condition.as_ref().map(|condition| Filter {
                    column: "updated_at",
                    test: Test::Eq(condition.updated_at().to_owned()),
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
            let versioned = write.versioned_row();
            let _turn = match versioned {
                Some(id) => Some(self.turn(id).await?),
                None => None,
            };
            let in_air = InAir::begin(self, &write, &sent);
            let outcome = match versioned {
                Some(id) => self.perform_on_version(&write, id, timeout_ms, &sent).await,
                None => self.perform(&write, timeout_ms, &sent).await,
            };
            in_air.settle(&write, outcome)
        };
        self.guard(options.cancelled, &stage, work.boxed_local()).await
    }

    /// Makes a new version of the workflow with this id, and remembers which version it made it of.
    ///
    /// A version that the caller wants stands for what own writes made of it since. Without one, the write says what it
    /// takes the row to be: when that is right, no other write came between the version before and the new one.
    async fn perform_on_version(
        self: &Rc<Self>,
        write: &Write,
        id: &str,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<Written<P::Data>, Error> {
        let condition = match write.condition() {
            Some(wanted) => {
                let current = self.state.borrow().versions.current(id, wanted.updated_at());
                Some(Condition::Wanted(current))
            }
            None => self.latest_version(id).map(Condition::Assumed),
        };
        let before = condition.as_ref().map(|condition| condition.updated_at().to_owned());
        let is_assumed = matches!(condition, Some(Condition::Assumed(_)));
        let outcome = self.perform(&write.on(condition), timeout_ms, sent).await;
        let (before, outcome) = match outcome {
            Err(error) if is_assumed && error.is(code::CONFLICT) => {
                (None, self.perform(write, timeout_ms, sent).await)
            }
            outcome => (before, outcome),
        };
        if let Ok(Written::Row(row) | Written::Called(row)) = &outcome {
            if let Some(after) = row.column("updated_at").text() {
                self.state.borrow_mut().versions.wrote(id, before, after.to_owned());
            }
        }
        outcome
    }

    /// The latest version of the workflow that this client knows.
    fn latest_version(&self, id: &str) -> Option<String> {
        let state = self.state.borrow();
        let row = state.store.latest(&WORKFLOWS, id);
        let read = row.and_then(|row| row.column("updated_at").text().map(str::to_owned));
        let own = state.versions.last(id).map(str::to_owned);
        match (read, own) {
            (Some(read), Some(own)) => {
                let is_older = timestamp::compare(&read, &own) == Some(Ordering::Less);
                Some(if is_older { own } else { read })
            }
            (read, own) => read.or(own),
        }
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
            Write::Update { table, id, condition, body } => {
                let (answer, attempts) = outcome?;
                if !answer.rows.is_empty() {
                    return Ok(Written::Row(answer.rows.item(0)));
                }
                if condition.is_none() && !table.holes.contains(&Hole::Update) {
                    return Err(Error::not_found(table.name).after(attempts));
                }
                let row = self.find(table, &by_id(id), timeout_ms, sent).await?;
                let before = self.state.borrow().store.latest(table, id);
                let own = OwnUpdate { body, before, attempts };
                unchanged(table, row, condition.as_ref(), &own)
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
        if is_hole && self.user_id().is_some_and(|user| owner.is_none_or(|owner| owner == user)) {
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

/// An update whose answer may have been lost: the browser, too, sends a request once more when a connection breaks.
struct OwnUpdate<'a, D> {
    body: &'a str,
    /// The row as it was known before.
    before: Option<D>,
    attempts: u32,
}

impl<D: Data> OwnUpdate<'_, D> {
    /// Whether it made the row what it is now, of the version `updated_at`. Where that is not known, it may have when it
    /// was sent more than once. Values that the row had before tell nothing: with one attempt, the version is another
    /// writer's.
    fn made(&self, row: &D, updated_at: &str) -> bool {
        let Some(values) = D::parse(self.body) else { return false };
        let (now, archived_at) = (row.column("updated_at"), row.column("archived_at"));
        // The server's clock says when it was archived.
        let is_archiving = values.column("archived_at").text() == Some("now");
        if is_archiving && archived_at == Value::Null {
            return false;
        }
        let stamps =
            [("updated_at", Member::Text(now.text())), ("archived_at", Member::Text(archived_at.text()))];
        let stamps = &stamps[..if is_archiving { 2 } else { 1 }];
        let stamped: &[&str] = if is_archiving { &["updated_at", "archived_at"] } else { &["updated_at"] };
        let changes = D::object(Some(&values), stamped, &[]);
        match &self.before {
            Some(before) if before.column("updated_at").text() == Some(updated_at) => {
                let is_telling = self.attempts > 1 || is_archiving || !before.covers(&changes);
                is_telling && row.is_equal(&D::object(Some(&before.merged(&changes)), &[], stamps))
            }
            _ => self.attempts > 1 && row.covers(&changes),
        }
    }
}

/// What it means that an update changed nothing, though `row` is there (or is not).
fn unchanged<D: Data>(
    table: &Table,
    row: Option<D>,
    condition: Option<&Condition>,
    own: &OwnUpdate<'_, D>,
) -> Result<Written<D>, Error> {
    let Some(row) = row else { return Err(Error::not_found(table.name).after(own.attempts)) };
    let error = match condition.map(Condition::updated_at) {
        None => migration_required(MISSING_POLICIES),
        // It is as expected, and still nobody's to change: a public row of another user.
        Some(updated_at) if row.column("updated_at").text() == Some(updated_at) => {
            Error::not_found(table.name)
        }
        Some(updated_at) if own.made(&row, updated_at) => return Ok(Written::Row(row)),
        Some(_) => {
            Error::new(code::CONFLICT, ["The row of ", table.name, " has changed since it was read"].concat())
        }
    };
    Err(error.after(own.attempts))
}
