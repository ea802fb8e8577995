//! Reads the rows of a subscription's scope, to compare them with the known ones.

use super::completion::Completion;
use super::{Answered, Flow, Step};
use crate::data::Data;
use crate::error::Error;
use crate::query::{Query, Test};
use crate::rest::{Answer, Request};
use crate::subscriptions::{overlap, Extent, MAX_COMPARED_ROWS};

/// Rows to read first from an append-only table: enough to recognize the overlap.
const RECENT_ROWS: u32 = 100;

/// Reads the rows to compare; for an append-only table, those that overlap with the known ones. `None` if there are
/// too many to compare.
pub struct ScopeFlow<D: Data> {
    /// The query for all rows of the scope.
    scope: Query,
    phase: Phase,
    completion: Option<Completion<D>>,
}

enum Phase {
    /// Counts the rows first, because there were too many last time.
    Counting,
    /// Reads the rows of this query.
    Reading(Query),
    /// Reads the newest rows, to find where to continue from.
    ReadingNewest(Query),
}

impl<D: Data> ScopeFlow<D> {
    /// `scope` selects all rows; `extent` is what is known about its size. For an append-only table, `since` is the
    /// position to continue from.
    pub fn new(scope: Query, extent: Extent, since: Option<String>) -> Self {
        let in_order = || scope.clone().ordered_by("created_at", false);
        let phase = match (scope.table.is_append_only, since) {
            (false, _) if extent == Extent::Unknown => Phase::Counting,
            (false, _) => Phase::Reading(scope.clone()),
            (true, Some(since)) => Phase::Reading(rows_since(&scope, since)),
            (true, None) if extent == Extent::Recent => Phase::Reading(in_order()),
            (true, None) => {
                let newest = scope.clone().ordered_by("created_at", true);
                Phase::ReadingNewest(newest.page(RECENT_ROWS, 0))
            }
        };
        Self { scope, phase, completion: None }
    }

    fn take(&mut self, answer: Answered<D>) -> Result<Step<Option<D>>, Error> {
        if let Some(completion) = &mut self.completion {
            let step = completion.answered(answer, None);
            return Ok(self.completed(step));
        }
        let answer = answer.outcome?;
        match &self.phase {
            Phase::Counting if answer.total.is_some_and(|total| total > MAX_COMPARED_ROWS) => {
                Ok(Step::Done(Ok(None)))
            }
            Phase::Counting => {
                self.phase = Phase::Reading(self.scope.clone());
                Ok(self.start())
            }
            Phase::Reading(query) | Phase::ReadingNewest(query) => {
                let query = query.clone();
                Ok(self.complete(query, answer))
            }
        }
    }

    fn complete(&mut self, query: Query, answer: Answer<D>) -> Step<Option<D>> {
        let wanted = answer.total.unwrap_or(0).min(query.limit.unwrap_or(u32::MAX));
        if wanted > MAX_COMPARED_ROWS {
            return Step::Done(Ok(None));
        }
        // If the server does not report the total, read one row more than can be compared.
        let limit = query.limit.or(answer.total.is_none().then_some(MAX_COMPARED_ROWS + 1));
        let completion = Completion::new(Query { limit, ..query }, None, answer.rows, answer.total);
        let step = self.completion.insert(completion).start();
        self.completed(step)
    }

    fn completed(&mut self, step: Step<D>) -> Step<Option<D>> {
        step.then(|rows| match rows {
            Ok(rows) if rows.len() <= MAX_COMPARED_ROWS as usize => match self.rest(&rows) {
                Some(query) => {
                    (self.phase, self.completion) = (Phase::Reading(query), None);
                    self.start()
                }
                None => Step::Done(Ok(Some(rows))),
            },
            rows => Step::Done(rows.map(|_| None)),
        })
    }

    /// The query after the newest rows. The next read continues a minute before the newest one; rows in that minute
    /// that are older than this response would look new then.
    fn rest(&self, rows: &D) -> Option<Query> {
        if !matches!(self.phase, Phase::ReadingNewest(_)) || rows.len() < RECENT_ROWS as usize {
            return None;
        }
        let time_of = |index: usize| rows.item(index).column("created_at").text().map(str::to_owned);
        let since = overlap(&time_of(0)?)?;
        let is_cut = time_of(rows.len() - 1).is_some_and(|oldest| oldest >= since);
        is_cut.then(|| rows_since(&self.scope, since))
    }
}

fn rows_since(scope: &Query, since: String) -> Query {
    scope.clone().ordered_by("created_at", false).filter("created_at", Test::AtLeast(since))
}

impl<D: Data> Flow<D> for ScopeFlow<D> {
    type Output = Option<D>;

    fn start(&mut self) -> Step<Self::Output> {
        Step::Ask(match &self.phase {
            Phase::Counting => Request::count(&self.scope),
            Phase::Reading(query) | Phase::ReadingNewest(query) => Request::counted(query, None),
        })
    }

    fn answered(&mut self, answer: Answered<D>, _: Option<Answered<D>>) -> Step<Self::Output> {
        self.take(answer).into()
    }
}
