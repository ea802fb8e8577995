//! Lists to their true end.
//!
//! Servers cap the rows of an answer and cut the rest without a word (`max-rows`: status 200 and the first 1 000).
//! The exact count, asked with the rows, is what tells; the rest follows by keyset: everything after the last row.

use super::call::Sent;
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::platform::Platform;
use crate::query::Query;
use crate::rest::Request;
use std::collections::HashMap;
use std::rc::Rc;

impl<P: Platform> Engine<P> {
    /// The row that `query` can match at most.
    pub(super) async fn single_row(
        self: &Rc<Self>,
        query: &Query,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<P::Data, Error> {
        let (answer, _) = self.attempt(&Request::select(query, "*"), timeout_ms, sent).await?;
        Ok(answer.rows)
    }

    /// All rows of `query`, or of its page.
    pub(super) async fn complete(
        self: &Rc<Self>,
        query: &Query,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<P::Data, Error> {
        self.complete_page(query, timeout_ms, sent).await.map(|(rows, _)| rows)
    }

    /// All rows of `query` or of its page, and how many match in all.
    pub(super) async fn complete_page(
        self: &Rc<Self>,
        query: &Query,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<(P::Data, u32), Error> {
        let (answer, _) = self.attempt(&Request::counted(query, None), timeout_ms, sent).await?;
        let total = answer.total.unwrap_or_else(|| count(&answer.rows));
        let wanted = total.saturating_sub(query.offset).min(query.limit.unwrap_or(u32::MAX));
        let rows = self.complete_from(query, answer.rows, wanted, timeout_ms, sent).await?;
        Ok((rows, total))
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
        if count(&rows) >= wanted {
            return Ok(rows);
        }
        let gathered = self.walk(query, rows.items(), wanted, timeout_ms, sent).await?;
        // A row that moved across the edge of two answers was in neither. The order of ids is one that nothing
        // moves in, so that walk meets every row, whatever happens meanwhile.
        let missing = gathered.len() < wanted as usize;
        if missing && !query.is_page() && query.is_ordered_locally() {
            let by_id = query.clone().ordered_by_id();
            let mut rows = self.walk(&by_id, Vec::new(), wanted, timeout_ms, sent).await?;
            rows.sort_by(|a, b| query.compare(a, b).unwrap_or(std::cmp::Ordering::Equal));
            return Ok(P::Data::list(&rows));
        }
        Ok(P::Data::list(&gathered))
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
            let limit = query.limit.map(|_| wanted.saturating_sub(length(&rows)));
            if limit == Some(0) {
                break;
            }
            let after = rows.last().and_then(|row| query.position_of(row));
            let rest = Query { limit, ..query.clone() };
            let (answer, _) =
                self.attempt(&Request::counted(&rest, after.as_ref()), timeout_ms, sent).await?;
            let got = count(&answer.rows);
            rows.extend(answer.rows.items());
            let is_end = got == 0 || answer.total.is_none_or(|following| got >= following);
            if is_end {
                break;
            }
        }
        Ok(latest_of_each(rows))
    }
}

fn count<D: Data>(rows: &D) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}

fn length<D>(rows: &[D]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}

/// The rows without repetitions: of a row that moved ahead while the list was walked, where it was met last.
fn latest_of_each<D: Data>(rows: Vec<D>) -> Vec<D> {
    let ids: Vec<Option<String>> =
        rows.iter().map(|row| row.column("id").text().map(str::to_owned)).collect();
    let last: HashMap<&Option<String>, usize> =
        ids.iter().enumerate().map(|(index, id)| (id, index)).collect();
    let mut index = 0;
    let mut rows = rows;
    rows.retain(|_| {
        index += 1;
        last.get(&ids[index - 1]) == Some(&(index - 1))
    });
    rows
}
