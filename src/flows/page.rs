//! Pages, by offset or by cursor.
//!
//! A page contains the total number of matching rows, which only the `Content-Range` header contains; without it the
//! read fails.

use super::completion::{count, Completion, List};
use super::{Answered, Flow, Step};
use crate::data::{Data, Member};
use crate::error::{code, Error, Report};
use crate::query::{Cursor, Query};
use crate::rest::Request;

/// `{data, total, page, pageSize, hasMore}`.
pub(super) struct NumberedPage<D: Data> {
    query: Query,
    list: List<D>,
}

impl<D: Data> NumberedPage<D> {
    pub fn new(query: Query) -> Self {
        Self { list: List::new(query.clone()), query }
    }

    fn concluded(&self, step: Step<(D, Option<u32>)>) -> Step<D> {
        step.map(|(rows, total)| Ok(page_object(&self.query, &rows, total.ok_or_else(no_count)?)))
    }
}

impl<D: Data> Flow<D> for NumberedPage<D> {
    type Output = D;

    fn start(&mut self) -> Step<D> {
        let step = self.list.start();
        self.concluded(step)
    }

    fn answered(&mut self, answer: Answered<D>, other: Option<Answered<D>>) -> Step<D> {
        let step = self.list.answered(answer, other);
        self.concluded(step)
    }
}

/// A page selected by cursor: `{data, total, pageSize, nextCursor, prevCursor, hasMore}`.
pub(super) struct CursorPage<D: Data> {
    query: Query,
    cursor: Cursor,
    /// The list's cache key.
    key: String,
    /// Set by the first responses.
    body: Option<FirstAnswers<D>>,
}

/// The content of the first responses.
struct FirstAnswers<D: Data> {
    /// The total number of matching rows.
    total: u32,
    /// The number of rows after the cursor.
    following: u32,
    completion: Completion<D>,
}

impl<D: Data> CursorPage<D> {
    pub fn new(query: Query, cursor: Cursor, key: String) -> Self {
        Self { query, cursor, key, body: None }
    }

    /// The query in the direction of paging.
    fn walk(&self) -> Query {
        let query = self.query.clone();
        if self.cursor.backwards {
            query.reversed()
        } else {
            query
        }
    }

    fn first_answers(&mut self, rows: Answered<D>, counted: Option<Answered<D>>) -> Result<Step<D>, Error> {
        let rows = rows.outcome?;
        // The count in the response to a later page covers only the remaining rows.
        let total = match counted {
            Some(counted) => counted.outcome?.total,
            None => rows.total,
        };
        let following = rows.total.ok_or_else(no_count)?;
        let total = total.ok_or_else(no_count)?;
        let after = self.cursor.position.clone();
        let completion = Completion::new(self.walk(), after, rows.rows, Some(following));
        let body = self.body.insert(FirstAnswers { total, following, completion });
        let step = body.completion.start();
        Ok(self.concluded(step))
    }

    fn concluded(&self, step: Step<D>) -> Step<D> {
        step.map(|rows| match &self.body {
            Some(body) => Ok(self.object(&rows, body)),
            None => Err(no_count()),
        })
    }

    fn object(&self, rows: &D, body: &FirstAnswers<D>) -> D {
        let (cursor, key) = (&self.cursor, &*self.key);
        let size = self.query.limit.unwrap_or(u32::MAX);
        // A page that is not full is the last one, regardless of the count.
        let is_full = count(rows.len()) >= size;
        let is_first = cursor.position.is_none();
        let total = if is_first && !is_full { count(rows.len()) } else { body.total };
        let mut rows = rows.items();
        if cursor.backwards {
            rows.reverse();
        }
        // Whether there are more rows in the direction of paging.
        let has_beyond = is_full && body.following > size;
        let (has_next, has_previous) =
            if cursor.backwards { (!is_first, has_beyond) } else { (has_beyond, !is_first) };
        let place = |row: Option<&D>| row.and_then(|row| self.query.position_of(row));
        let next = has_next.then(|| Cursor::after(place(rows.last())).text(key));
        let previous = has_previous.then(|| Cursor::before(place(rows.first())).text(key));
        D::object(
            None,
            &[],
            &[
                ("data", Member::Data(&D::list(&rows))),
                ("total", Member::Number(f64::from(total))),
                ("pageSize", Member::Number(f64::from(self.query.limit.unwrap_or(total)))),
                ("nextCursor", Member::Text(next.as_deref())),
                ("prevCursor", Member::Text(previous.as_deref())),
                ("hasMore", Member::Bool(has_next)),
            ],
        )
    }
}

impl<D: Data> Flow<D> for CursorPage<D> {
    type Output = D;

    fn start(&mut self) -> Step<D> {
        let after = self.cursor.position.as_ref();
        let rows = Request::counted(&self.walk(), after);
        match after {
            None => Step::Ask(rows),
            Some(_) => Step::AskBoth(rows, Request::count(&self.query)),
        }
    }

    fn answered(&mut self, answer: Answered<D>, other: Option<Answered<D>>) -> Step<D> {
        match &mut self.body {
            None => self.first_answers(answer, other).into(),
            Some(body) => {
                let step = body.completion.answered(answer, other);
                self.concluded(step)
            }
        }
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

/// The error for a missing or invalid total.
fn no_count() -> Error {
    let message = "The response does not say how many rows there are: its Content-Range header is missing or cannot be read";
    let hint = "Let the page read that header: Access-Control-Expose-Headers: Content-Range";
    Report { hint: Some(hint.to_owned()), ..Report::new(code::NETWORK, message) }.into()
}
