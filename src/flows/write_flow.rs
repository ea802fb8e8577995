//! Makes a change: one request, and further ones if the response leaves the outcome open.

use super::completion::another_answer;
use super::function::{is_taken, migration_required, MISSING_POLICIES};
use super::update::{is_own_insert, unchanged, OwnUpdate};
use super::write::{by_id, Condition, Write};
use super::{Answered, Flow, Step};
use crate::data::{Data, Value};
use crate::error::{code, Error, Report};
use crate::query::{Filter, Query};
use crate::rest::{Answer, Request};
use crate::tables::{MissingPolicy, Table};

/// The result of a write.
pub enum Written<D> {
    /// The row's new state.
    Row(D),
    /// The deleted rows, in their last state.
    Deleted(Vec<D>),
    /// The result of a function.
    Called(D),
}

/// Makes a change and determines its outcome.
///
/// A change that assumes a version is repeated without the assumption if the row has another version.
pub struct WriteFlow<D> {
    write: Write,
    /// The previously known state of the row.
    before: Option<D>,
    /// Attempts before this flow, by an earlier page.
    earlier_attempts: u32,
    phase: Phase,
}

enum Phase {
    /// Sending the change itself.
    Making,
    /// Repeating a call that was refused because of rows it may have created itself.
    Replaying,
    /// Nothing was returned, so the row is being read. Contains the error to return if it does not exist.
    Finding(Error),
}

impl<D: Data> WriteFlow<D> {
    /// `before` is the known state of the row.
    pub fn new(write: Write, before: Option<D>) -> Self {
        Self { write, before, earlier_attempts: 0, phase: Phase::Making }
    }

    /// The same flow for a write that may have been made already.
    #[must_use]
    pub fn resent(mut self, is_resent: bool) -> Self {
        self.earlier_attempts = u32::from(is_resent);
        self
    }

    /// The version from which the change was made, if it is certain.
    pub fn version_before(&self) -> Option<&str> {
        self.write.condition().map(Condition::updated_at)
    }

    fn take(&mut self, answer: Answered<D>) -> Result<Step<Written<D>>, Error> {
        let turn = match std::mem::replace(&mut self.phase, Phase::Making) {
            Phase::Making => self.made(answer),
            Phase::Replaying => self.called(answer.outcome).map(NextStep::Over),
            Phase::Finding(otherwise) => self.found(answer.outcome, otherwise).map(NextStep::Over),
        };
        Ok(match turn {
            Err(error) if error.is(code::CONFLICT) && self.is_assumed() => {
                self.write = self.write.on(None);
                self.start()
            }
            Err(error) => return Err(error),
            Ok(NextStep::Over(written)) => Step::Done(Ok(written)),
            Ok(NextStep::Find(request, otherwise)) => {
                self.phase = Phase::Finding(otherwise);
                Step::Ask(request)
            }
            Ok(NextStep::Replay(request)) => {
                self.phase = Phase::Replaying;
                Step::Ask(request)
            }
        })
    }

    fn is_assumed(&self) -> bool {
        matches!(self.write.condition(), Some(Condition::Assumed(_)))
    }

    /// Handles the response to the change.
    fn made(&self, answer: Answered<D>) -> Result<NextStep<D>, Error> {
        let Answered { outcome, attempts, user_id } = answer.after(self.earlier_attempts);
        let user_id = user_id.as_deref();
        match &self.write {
            Write::Insert { table, id, body, .. } => {
                let taken = match outcome {
                    Ok(answer) => match first_row(&answer) {
                        Some(made) => return Ok(NextStep::Over(Written::Row(made))),
                        None => taken_id(table, attempts),
                    },
                    // An earlier attempt may have created the row that violates uniqueness.
                    Err(error) if error.is("23505") && error.attempts > 1 => error,
                    Err(error) => {
                        return Err(refused(table, creator::<D>(body).as_deref(), user_id, error));
                    }
                };
                Ok(NextStep::Find(row_that(table, &by_id(id)), taken))
            }
            Write::Update { table, id, condition, .. } => {
                let missing = Error::not_found(table.name).after(attempts);
                match first_row(&outcome?) {
                    Some(changed) => Ok(NextStep::Over(Written::Row(changed))),
                    None if condition.is_none()
                        && !table.missing_policies.contains(&MissingPolicy::Update) =>
                    {
                        Err(missing)
                    }
                    None => Ok(NextStep::Find(row_that(table, &by_id(id)), missing)),
                }
            }
            Write::Delete { table, must_exist, filters } => {
                let rows = outcome?.rows;
                let missing = || Error::not_found(table.name).after(attempts);
                if rows.is_empty() && *must_exist && attempts == 1 {
                    return Err(missing());
                }
                // Another device may have deleted it since this was queued. Or the user may see it, but not delete it.
                if rows.is_empty() && *must_exist && self.earlier_attempts > 0 {
                    return Ok(NextStep::Find(row_that(table, filters), missing()));
                }
                if rows.is_empty() && table.missing_policies.contains(&MissingPolicy::Delete) {
                    let hole = migration_required(MISSING_POLICIES).after(attempts);
                    return Ok(NextStep::Find(row_that(table, filters), hole));
                }
                Ok(NextStep::Over(Written::Deleted(rows.items())))
            }
            Write::Upsert { table, user_id: owner, .. } => {
                let answer = outcome.map_err(|error| refused(table, Some(owner), user_id, error))?;
                let row = first_row(&answer).ok_or_else(|| another_answer().after(attempts))?;
                Ok(NextStep::Over(Written::Row(row)))
            }
            Write::Ensure { table, user_id: owner, filters, .. } => {
                let answer = outcome.map_err(|error| refused(table, Some(owner), user_id, error))?;
                Ok(match first_row(&answer) {
                    Some(made) => NextStep::Over(Written::Row(made)),
                    None => {
                        NextStep::Find(row_that(table, filters), Error::not_found(table.name).after(attempts))
                    }
                })
            }
            Write::Call(call) => match outcome {
                // An earlier attempt may have created the conflicting rows.
                Err(error) if call.function.knows_replays() && is_taken(&error) && error.attempts > 1 => {
                    Ok(NextStep::Replay(call.replay()))
                }
                outcome => self.called(outcome).map(NextStep::Over),
            },
        }
    }

    fn called(&self, outcome: Result<Answer<D>, Error>) -> Result<Written<D>, Error> {
        let answer = outcome.map_err(|error| match &self.write {
            Write::Call(call) => call.refused(error),
            _ => error,
        })?;
        Ok(Written::Called(answer.rows))
    }

    /// Decides what an empty response means, now that the row has been read.
    fn found(&self, outcome: Result<Answer<D>, Error>, otherwise: Error) -> Result<Written<D>, Error> {
        let attempts = otherwise.attempts;
        let found = match outcome {
            Ok(answer) => first_row(&answer),
            // More than one attempt says that the change may have been made.
            Err(error) => {
                let attempts = attempts + error.attempts;
                return Err(error.after(attempts));
            }
        };
        match (&self.write, found) {
            (Write::Insert { table, chosen_id, body, .. }, Some(found))
                if !chosen_id || is_own_insert(table, &found, body, attempts > 1) =>
            {
                Ok(Written::Row(found))
            }
            (Write::Update { table, condition, body, .. }, Some(found)) => {
                let own = OwnUpdate { body, before: self.before.as_ref(), attempts };
                unchanged(table, &found, condition.as_ref(), &own).map_err(|error| error.after(attempts))?;
                Ok(Written::Row(found))
            }
            (Write::Ensure { .. }, Some(found)) => Ok(Written::Row(found)),
            // The row is gone, as requested.
            (Write::Delete { .. }, None) => Ok(Written::Deleted(Vec::new())),
            _ => Err(otherwise),
        }
    }
}

/// How the flow continues after a response.
enum NextStep<D> {
    Over(Written<D>),
    /// Read the row. Contains the error to return if it does not have the requested state.
    Find(Request, Error),
    Replay(Request),
}

impl<D: Data> Flow<D> for WriteFlow<D> {
    type Output = Written<D>;

    fn start(&mut self) -> Step<Self::Output> {
        Step::Ask(self.write.request())
    }

    fn answered(&mut self, answer: Answered<D>, _: Option<Answered<D>>) -> Step<Self::Output> {
        self.take(answer).into()
    }
}

fn first_row<D: Data>(answer: &Answer<D>) -> Option<D> {
    (!answer.rows.is_empty()).then(|| answer.rows.item(0))
}

/// A request for the single row that these filters select.
fn row_that(table: &'static Table, filters: &[Filter]) -> Request {
    let query = Query { filters: filters.to_vec(), order: Vec::new(), ..Query::of(table) };
    Request::select(&query, "*")
}

/// If users are refused access to their own rows, the database lacks a policy. A row without an owner becomes its
/// creator's.
fn refused(table: &Table, owner: Option<&str>, user_id: Option<&str>, error: Error) -> Error {
    let is_hole = error.is("42501") && table.missing_policies.contains(&MissingPolicy::Insert);
    if is_hole && user_id.is_some_and(|user| owner.is_none_or(|owner| owner == user)) {
        return migration_required(MISSING_POLICIES).after(error.attempts);
    }
    error
}

/// The owner of a new row. `None` if it names none; an empty text if it explicitly has no owner.
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
