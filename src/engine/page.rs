//! Pages: by the number of rows before them, or by the place where they begin.
//!
//! A page says how many rows match in all. Only the `Content-Range` header tells that: without it there is no page.

use super::call::Sent;
use super::list::count;
use super::Engine;
use crate::data::{Data, Member};
use crate::error::{code, Error, Report};
use crate::platform::Platform;
use crate::query::{Cursor, Query};
use crate::rest::Request;
use futures_util::future::join;
use std::rc::Rc;

impl<P: Platform> Engine<P> {
    /// `{data, total, page, pageSize, hasMore}`.
    pub(super) async fn numbered_page(
        self: &Rc<Self>,
        query: &Query,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<P::Data, Error> {
        let (rows, total) = self.complete(query, timeout_ms, sent).await?;
        Ok(page_object(query, &rows, total.ok_or_else(no_count)?))
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
        let following = rows_answer.total.ok_or_else(no_count)?;
        let total = total.ok_or_else(no_count)?;
        let rows = rows_answer.rows;
        let rows = self.complete_from(&walk, after.cloned(), rows, Some(following), timeout_ms, sent).await?;
        // A page that is not full is the last one, whatever was counted.
        let is_full = count(rows.len()) >= size;
        let has_beyond = is_full && following > size;
        let total = if after.is_none() && !is_full { count(rows.len()) } else { total };
        let mut rows = rows.items();
        if cursor.backwards {
            rows.reverse();
        }
        Ok(cursor_page_object(query, cursor, key, &rows, total, has_beyond))
    }
}

fn page_object<D: Data>(query: &Query, rows: &D, total: u32) -> D {
    let size = query.limit.unwrap_or(total).max(1);
    let seen = u64::from(query.offset) + rows.len() as u64;
    D::object(
        None,
        &[],
        &[
            ("data", Member::Data(rows)),
            ("total", Member::Number(f64::from(total))),
            ("page", Member::Number(f64::from(query.offset / size))),
            ("pageSize", Member::Number(f64::from(size))),
            ("hasMore", Member::Bool(seen < u64::from(total))),
        ],
    )
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

/// The header that tells how many rows there are is missing, or cannot be read.
fn no_count() -> Error {
    let message = "The answer does not say how many rows there are: its Content-Range header is missing or cannot be read";
    let hint = "Let the page read that header: Access-Control-Expose-Headers: Content-Range";
    Report { hint: Some(hint.to_owned()), ..Report::new(code::NETWORK, message) }.into()
}
