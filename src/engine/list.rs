//! Lists to their true end.
//!
//! Servers cap the rows of an answer and cut the rest without a word (`max-rows`: status 200 and the first 1 000). The
//! exact count, asked with the rows, tells whether an answer is complete. Without a count that can be believed, only an
//! answer that brings nothing more shows the end. The rest follows by keyset: everything after the last row.

use super::call::Sent;
use super::Engine;
use crate::data::{Data, Index};
use crate::error::Error;
use crate::platform::Platform;
use crate::query::{Position, Query};
use crate::rest::Request;
use std::cmp::Ordering;
use std::rc::Rc;

impl<P: Platform> Engine<P> {
    /// The row that `query` can match at most, as a list.
    pub(super) async fn single_row(
        self: &Rc<Self>,
        query: Query,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<P::Data, Error> {
        let query = Query { order: Vec::new(), ..query };
        let (answer, _) = self.attempt(&Request::select(&query, "*"), timeout_ms, sent).await?;
        Ok(answer.rows)
    }

    /// All rows of `query` or of its page, and how many match in all, where that can be known.
    pub(super) async fn complete(
        self: &Rc<Self>,
        query: &Query,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<(P::Data, Option<u32>), Error> {
        let answer = match self.attempt(&Request::counted(query, None), timeout_ms, sent).await {
            Ok((answer, _)) => answer,
            // The offset lies behind the last row. How many rows there are cannot be read.
            Err(error) if error.status == Some(416) && query.offset > 0 => {
                return Ok((P::Data::list(&[]), None));
            }
            Err(error) => return Err(error),
        };
        if answer.offset.is_some_and(|offset| offset != query.offset) {
            return Err(another_answer());
        }
        let expected = answer.total.map(|total| total.saturating_sub(query.offset));
        let rows = self.complete_from(query, None, answer.rows, expected, timeout_ms, sent).await?;
        let end = query.offset.saturating_add(count(rows.len()));
        let is_short = query.limit.is_none_or(|limit| count(rows.len()) < limit);
        let total = match answer.total {
            // The end was seen. Rows were deleted meanwhile, or the count is wrong.
            Some(total) if is_short && end < total => {
                if rows.is_empty() && query.offset > 0 {
                    return Err(wrong_count());
                }
                Some(end)
            }
            total => total,
        };
        if query.is_public {
            let rows: Vec<_> = rows.items().into_iter().map(|row| query.shown(row)).collect();
            return Ok((P::Data::list(&rows), total));
        }
        Ok((rows, total))
    }

    /// `rows`, which came first of those `after` a place in `query`, with what is missing. `expected` is how many rows the
    /// server counts after that place, as far as it says so.
    pub(super) async fn complete_from(
        self: &Rc<Self>,
        query: &Query,
        after: Option<Position>,
        rows: P::Data,
        expected: Option<u32>,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<P::Data, Error> {
        let (came, limit) = (count(rows.len()), query.limit.unwrap_or(u32::MAX));
        if came > limit {
            return Err(another_answer());
        }
        let wanted = expected.unwrap_or(u32::MAX).min(limit);
        let is_whole = came >= wanted || (came == 0 && expected.is_none());
        if is_whole && after.is_none() {
            return Ok(rows);
        }
        let mut gathered = self.walk(query, after, rows, wanted, timeout_ms, sent).await?;
        let is_doubtful = match expected {
            Some(expected) => count(gathered.len()) < expected,
            // Only a count tells whether rows moved while several answers were asked for.
            None => count(gathered.len()) > came,
        };
        if is_doubtful && !query.is_page() && query.is_ordered_locally() {
            // A row that moved across the edge of two answers was in neither. Nothing moves in the order of ids: this walk
            // meets every row, whatever happens meanwhile.
            let by_id = query.clone().ordered_by_id();
            gathered = self.walk(&by_id, None, P::Data::list(&[]), wanted, timeout_ms, sent).await?;
            gathered = in_order(query, gathered);
        }
        Ok(P::Data::list(&gathered))
    }

    /// Continues `rows`, which came first after a place, by keyset until nothing follows, or a page has its `wanted` rows.
    async fn walk(
        self: &Rc<Self>,
        query: &Query,
        after: Option<Position>,
        rows: P::Data,
        wanted: u32,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<Vec<P::Data>, Error> {
        let mut walk = Walk::new(query, after);
        walk.add(&rows)?;
        loop {
            let limit = query.limit.map(|_| wanted.saturating_sub(count(walk.rows.len())));
            if limit == Some(0) {
                break;
            }
            let rest = Query { limit, ..query.clone() };
            let request = Request::counted(&rest, walk.last.as_ref());
            let (answer, _) = self.attempt(&request, timeout_ms, sent).await?;
            let got = count(answer.rows.len());
            if limit.is_some_and(|limit| got > limit) {
                return Err(another_answer());
            }
            walk.add(&answer.rows)?;
            if got == 0 || answer.total.is_some_and(|following| got >= following) {
                break;
            }
        }
        Ok(P::Data::list(&walk.rows).latest_of_each().items())
    }
}

/// The rows of several answers, each of which must lead on.
struct Walk<'a, D: Data> {
    query: &'a Query,
    rows: Vec<D>,
    known: D::Index,
    /// The place of the last row, after which the next answer begins.
    last: Option<Position>,
}

impl<'a, D: Data> Walk<'a, D> {
    fn new(query: &'a Query, after: Option<Position>) -> Self {
        Self { query, rows: Vec::new(), known: D::Index::default(), last: after }
    }

    /// Adds an answer. As far as its order can be told here, every row must lie behind the place that was asked for and
    /// behind the row before it. Where it cannot be told, one row at least must be new. Otherwise the walk might go in
    /// circles.
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

/// An answer that cannot be to the question that was asked.
pub(super) fn another_answer() -> Error {
    let message = "The answer does not hold the rows that were asked for, but others or the same ones again. A cache on the way \
        may ignore the query string";
    Error::network(message, None, None)
}

fn wrong_count() -> Error {
    Error::network("The Content-Range header counts rows that the server does not have", None, None)
}

pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The rows in the query's order. A row whose place cannot be told stays behind the row before it.
fn in_order<D: Data>(query: &Query, rows: Vec<D>) -> Vec<D> {
    let mut sorted: Vec<(Position, D)> = Vec::with_capacity(rows.len());
    for row in rows {
        // Each column is read once: rows are compared many times.
        let position = query.position_of(&row).unwrap_or_default();
        let is_before = |(other, _): &(Position, D)| {
            query.compare_positions(other, &position).is_none_or(Ordering::is_le)
        };
        let place = sorted.partition_point(is_before);
        sorted.insert(place, (position, row));
    }
    sorted.into_iter().map(|(_, row)| row).collect()
}
