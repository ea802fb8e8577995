//! Reads lists completely.
//!
//! Servers cap the number of rows in a response and omit the rest silently (`max-rows`: status 200 and the first 1 000
//! rows). The exact count, requested with the rows, shows whether a response is complete. Without a plausible count,
//! only a response without new rows marks the end. The remaining rows are read by keyset: everything after the last
//! row.

use super::{Answered, Flow, Step};
use crate::data::{Data, Index};
use crate::error::Error;
use crate::query::{Position, Query};
use crate::rest::{Answer, Request};
use std::cmp::Ordering;

/// Reads all rows of a query or of its page, and the total number of matching rows if it can be known.
pub struct List<D: Data> {
    query: Query,
    /// The total in the first response.
    total: Option<u32>,
    /// Set by the first response.
    completion: Option<Completion<D>>,
}

impl<D: Data> List<D> {
    /// Reads all rows of `query`.
    pub fn new(query: Query) -> Self {
        Self { query, total: None, completion: None }
    }

    fn first_answer(&mut self, outcome: Result<Answer<D>, Error>) -> Step<(D, Option<u32>)> {
        let answer = match outcome {
            Ok(answer) => answer,
            // The offset is past the last row, and the response lacks the total.
            Err(error) if error.status == Some(416) && self.query.offset > 0 => {
                return Step::Done(Ok((D::list(&[]), None)));
            }
            Err(error) => return Step::failed(error),
        };
        if answer.offset.is_some_and(|offset| offset != self.query.offset) {
            return Step::failed(another_answer());
        }
        self.total = answer.total;
        let expected = answer.total.map(|total| total.saturating_sub(self.query.offset));
        let completion = Completion::new(self.query.clone(), None, answer.rows, expected);
        let step = self.completion.insert(completion).start();
        self.concluded(step)
    }

    fn concluded(&self, step: Step<D>) -> Step<(D, Option<u32>)> {
        step.map(|rows| {
            let query = &self.query;
            let end = query.offset.saturating_add(count(rows.len()));
            let is_short = query.limit.is_none_or(|limit| count(rows.len()) < limit);
            let total = match self.total {
                // The end was reached: rows were deleted in the meantime, or the count is wrong.
                Some(total) if is_short && end < total => {
                    if rows.is_empty() && query.offset > 0 {
                        return Err(wrong_count());
                    }
                    Some(end)
                }
                total => total,
            };
            if !query.is_public {
                return Ok((rows, total));
            }
            let rows: Vec<_> = rows.items().into_iter().map(|row| query.shown(row)).collect();
            Ok((D::list(&rows), total))
        })
    }
}

impl<D: Data> Flow<D> for List<D> {
    type Output = (D, Option<u32>);

    fn start(&mut self) -> Step<Self::Output> {
        Step::Ask(Request::counted(&self.query, None))
    }

    fn answered(&mut self, answer: Answered<D>, other: Option<Answered<D>>) -> Step<Self::Output> {
        match &mut self.completion {
            None => self.first_answer(answer.outcome),
            Some(completion) => {
                let step = completion.answered(answer, other);
                self.concluded(step)
            }
        }
    }
}

/// The first rows, and what is missing after them.
pub(super) struct Completion<D: Data> {
    walk: Walk<D>,
    /// The first rows, until they are processed.
    rows: D,
    /// The number of first rows.
    came: u32,
    /// The server's count of the rows from the first of these on, if it reports one.
    expected: Option<u32>,
    /// The requested order, while the rows are read in the order of ids.
    order: Option<Query>,
}

impl<D: Data> Completion<D> {
    /// `rows` are the first rows of `query` after the position `after`.
    pub fn new(query: Query, after: Option<Position>, rows: D, expected: Option<u32>) -> Self {
        let came = count(rows.len());
        Self { walk: Walk::new(query, after), rows, came, expected, order: None }
    }

    /// The expected number of rows.
    fn wanted(&self) -> u32 {
        let limit = self.walk.query.limit.unwrap_or(u32::MAX);
        self.expected.unwrap_or(u32::MAX).min(limit)
    }

    /// The query for the missing rows; `None` if there are none.
    fn rest(&self) -> Option<Query> {
        let query = &self.walk.query;
        let limit = query.limit.map(|_| self.wanted().saturating_sub(count(self.walk.rows.len())));
        (limit != Some(0)).then(|| Query { limit, ..query.clone() })
    }

    fn go_on(&mut self) -> Step<D> {
        match self.rest() {
            Some(rest) => Step::Ask(Request::counted(&rest, self.walk.last.as_ref())),
            None => self.finish(),
        }
    }

    /// The keyset read reached the end.
    fn finish(&mut self) -> Step<D> {
        let gathered = D::list(&self.walk.rows).latest_of_each();
        if let Some(order) = self.order.take() {
            return Step::Done(Ok(D::list(&in_order(&order, gathered.items()))));
        }
        let is_doubtful = match self.expected {
            Some(expected) => count(gathered.len()) < expected,
            // Only a count tells whether rows moved between the responses.
            None => count(gathered.len()) > self.came,
        };
        let query = &self.walk.query;
        if !is_doubtful || query.is_page() || !query.is_ordered_locally() {
            return Step::Done(Ok(gathered));
        }
        // A row that moved between two responses may be in neither. The order of ids never changes, so reading in
        // that order finds every row.
        let by_id = Walk::new(query.clone().ordered_by_id(), None);
        self.order = Some(std::mem::replace(&mut self.walk, by_id).query);
        self.go_on()
    }

    fn take(&mut self, answer: &Answer<D>) -> Result<Step<D>, Error> {
        let got = count(answer.rows.len());
        let limit = self.rest().and_then(|rest| rest.limit);
        if limit.is_some_and(|limit| got > limit) {
            return Err(another_answer());
        }
        self.walk.add(&answer.rows)?;
        let is_end = got == 0 || answer.total.is_some_and(|following| got >= following);
        Ok(if is_end { self.finish() } else { self.go_on() })
    }

    fn begin(&mut self) -> Result<Step<D>, Error> {
        if self.came > self.walk.query.limit.unwrap_or(u32::MAX) {
            return Err(another_answer());
        }
        let rows = std::mem::replace(&mut self.rows, D::list(&[]));
        let is_whole = self.came >= self.wanted() || (self.came == 0 && self.expected.is_none());
        // Only the keyset read checks that rows lie after the requested position.
        if is_whole && self.walk.last.is_none() {
            return Ok(Step::Done(Ok(rows)));
        }
        self.walk.add(&rows)?;
        Ok(self.go_on())
    }
}

impl<D: Data> Flow<D> for Completion<D> {
    type Output = D;

    fn start(&mut self) -> Step<D> {
        self.begin().into()
    }

    fn answered(&mut self, answer: Answered<D>, _: Option<Answered<D>>) -> Step<D> {
        answer.outcome.and_then(|answer| self.take(&answer)).into()
    }
}

/// Collects the rows of several responses, and checks that each one makes progress.
struct Walk<D: Data> {
    query: Query,
    rows: Vec<D>,
    known: D::Index,
    /// The position of the last row, after which the next response starts.
    last: Option<Position>,
}

impl<D: Data> Walk<D> {
    fn new(query: Query, after: Option<Position>) -> Self {
        Self { query, rows: Vec::new(), known: D::Index::default(), last: after }
    }

    /// Adds a response. Where the order can be determined here, every row must come after the requested position and
    /// after the row before it. Otherwise at least one row must be new. This prevents an endless loop.
    fn add(&mut self, answer: &D) -> Result<(), Error> {
        let asked_after = self.last.clone();
        let mut leads_on = answer.is_empty();
        for row in answer.items() {
            let place = self.query.position_of(&row).ok_or_else(another_answer)?;
            let order = |before: Option<&Position>| match before {
                Some(before) => self.query.compare_positions(before, &place),
                None => Some(Ordering::Less),
            };
            let (after_last, after_asked) = (order(self.last.as_ref()), order(asked_after.as_ref()));
            if [after_last, after_asked].into_iter().flatten().any(Ordering::is_ge) {
                return Err(another_answer());
            }
            leads_on = leads_on || after_asked.is_some();
            if let Some((_, Some(id))) = place.last() {
                leads_on = leads_on || self.known.get(id).is_none();
                self.known.put(id, &row);
            }
            self.last = Some(place);
            self.rows.push(row);
        }
        leads_on.then_some(()).ok_or_else(another_answer)
    }
}

/// The error for a response that cannot belong to the request.
pub fn another_answer() -> Error {
    let message = "The response contains rows that were not requested, or the same ones again. A cache on the way may ignore the query \
        string";
    Error::network(message, None, None)
}

fn wrong_count() -> Error {
    Error::network("The Content-Range header counts rows that the server does not have", None, None)
}

pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The rows in the query's order. A row whose position cannot be determined stays behind the row before it.
fn in_order<D: Data>(query: &Query, rows: Vec<D>) -> Vec<D> {
    let mut sorted: Vec<(Position, D)> = Vec::with_capacity(rows.len());
    for row in rows {
        // Read each column once, because rows are compared many times.
        let position = query.position_of(&row).unwrap_or_default();
        let is_before = |(other, _): &(Position, D)| {
            query.compare_positions(other, &position).is_none_or(Ordering::is_le)
        };
        let place = sorted.partition_point(is_before);
        sorted.insert(place, (position, row));
    }
    sorted.into_iter().map(|(_, row)| row).collect()
}
