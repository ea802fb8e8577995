//! Lists to their true end.
//!
//! Servers cap the rows of an answer and cut the rest without a word (`max-rows`: status 200 and the first 1 000).
//! The exact count, asked with the rows, is what tells; the rest follows by keyset: everything after the last row.

use super::call::Sent;
use super::Engine;
use crate::data::{Data, Member};
use crate::error::Error;
use crate::platform::Platform;
use crate::query::{Cursor, Query};
use crate::rest::Request;
use futures_util::future::join;
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

    /// All rows of `query` or of its page, and how many match in all.
    pub(super) async fn complete(
        self: &Rc<Self>,
        query: &Query,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<(P::Data, u32), Error> {
        let (answer, _) = self.attempt(&Request::counted(query, None), timeout_ms, sent).await?;
        let total = answer.total.unwrap_or_else(|| count(answer.rows.len()));
        let wanted = total.saturating_sub(query.offset).min(query.limit.unwrap_or(u32::MAX));
        let rows = self.complete_from(query, answer.rows, wanted, timeout_ms, sent).await?;
        if query.is_public {
            let rows: Vec<_> = rows.items().into_iter().map(|row| query.shown(row)).collect();
            return Ok((P::Data::list(&rows), total));
        }
        Ok((rows, total))
    }

    /// The page of `query` that `cursor` names: `{data, total, pageSize, nextCursor, prevCursor, hasMore}`. `key` is
    /// the list's cache key.
    pub(super) async fn cursor_page(
        self: &Rc<Self>,
        query: &Query,
        cursor: &Cursor,
        key: &str,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<P::Data, Error> {
        let size = query.limit.unwrap_or(u32::MAX);
        let walk = if cursor.backwards { query.clone().reversed() } else { query.clone() };
        let after = cursor.position.as_ref();
        let rows_request = Request::counted(&walk, after);
        let rows_answer = self.attempt(&rows_request, timeout_ms, sent);
        // The count that comes with the rows of a later page is only that of the rest.
        let (rows_answer, total) = if after.is_some() {
            let count_request = Request::count(query);
            let (rows, counted) = join(rows_answer, self.attempt(&count_request, timeout_ms, sent)).await;
            (rows?.0, counted?.0.total)
        } else {
            let answer = rows_answer.await?.0;
            let total = answer.total;
            (answer, total)
        };
        let following = rows_answer.total.unwrap_or_else(|| count(rows_answer.rows.len()));
        let rows = self.complete_from(&walk, rows_answer.rows, following.min(size), timeout_ms, sent).await?;
        let has_beyond = following > count(rows.len());
        let mut rows = rows.items();
        if cursor.backwards {
            rows.reverse();
        }
        let total = total.unwrap_or(following);
        Ok(cursor_page_object(query, cursor, key, &rows, total, has_beyond))
    }

    /// `rows`, the first of `wanted` rows of `query`, with what is missing.
    pub(super) async fn complete_from(
        self: &Rc<Self>,
        query: &Query,
        rows: P::Data,
        wanted: u32,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<P::Data, Error> {
        if count(rows.len()) >= wanted {
            return Ok(rows);
        }
        let mut walks = vec![(query.clone(), rows.items())];
        if !query.is_page() && query.is_ordered_locally() {
            // A row that moved across the edge of two answers was in neither. Nothing moves in the order of ids, so
            // that this walk meets every row, whatever happens meanwhile. It is made only when rows are missing.
            walks.insert(0, (query.clone().ordered_by_id(), Vec::new()));
        }
        let mut gathered = Vec::new();
        while let Some((walk, rows)) = walks.pop() {
            gathered = self.walk(&walk, rows, wanted, timeout_ms, sent).await?;
            if gathered.len() >= wanted as usize {
                break;
            }
        }
        Ok(P::Data::list(&in_order(query, gathered)))
    }

    /// Continues `rows` by keyset until nothing follows, or a page has its `wanted` rows.
    async fn walk(
        self: &Rc<Self>,
        query: &Query,
        rows: Vec<P::Data>,
        wanted: u32,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<Vec<P::Data>, Error> {
        let mut rows = rows;
        loop {
            let limit = query.limit.map(|_| wanted.saturating_sub(count(rows.len())));
            if limit == Some(0) {
                break;
            }
            let after = rows.last().and_then(|row| query.position_of(row));
            let rest = Query { limit, ..query.clone() };
            let (answer, _) =
                self.attempt(&Request::counted(&rest, after.as_ref()), timeout_ms, sent).await?;
            let got = count(answer.rows.len());
            rows.extend(answer.rows.items());
            let is_end = got == 0 || answer.total.is_none_or(|following| got >= following);
            if is_end {
                break;
            }
        }
        Ok(P::Data::list(&rows).latest_of_each().items())
    }
}

/// `has_beyond` tells whether rows follow in the direction of the walk.
fn cursor_page_object<D: Data>(
    query: &Query,
    cursor: &Cursor,
    key: &str,
    rows: &[D],
    total: u32,
    has_beyond: bool,
) -> D {
    let place = |row: Option<&D>| row.and_then(|row| query.position_of(row));
    let has_next = if cursor.backwards { cursor.position.is_some() } else { has_beyond };
    let has_previous = if cursor.backwards { has_beyond } else { cursor.position.is_some() };
    let next = has_next.then(|| Cursor::after(place(rows.last())).text(key));
    let previous = has_previous.then(|| Cursor::before(place(rows.first())).text(key));
    D::object(
        None,
        &[],
        &[
            ("data", Member::Data(&D::list(rows))),
            ("total", Member::Number(f64::from(total))),
            ("pageSize", Member::Number(f64::from(query.limit.unwrap_or(total)))),
            ("nextCursor", Member::Text(next.as_deref())),
            ("prevCursor", Member::Text(previous.as_deref())),
            ("hasMore", Member::Bool(has_next)),
        ],
    )
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The rows in the query's order, where it can be told here; else as they are.
fn in_order<D: Data>(query: &Query, rows: Vec<D>) -> Vec<D> {
    if !query.is_ordered_locally() {
        return rows;
    }
    let mut sorted: Vec<D> = Vec::with_capacity(rows.len());
    for row in rows {
        let place =
            sorted.partition_point(|other| query.compare(other, &row).is_none_or(std::cmp::Ordering::is_le));
        sorted.insert(place, row);
    }
    sorted
}
