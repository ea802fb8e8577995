//! Lookups that differ in one value only, requested together as `column=in.(…)`.

use super::completion::{another_answer, List};
use super::{Answered, Flow, Step};
use crate::data::Data;
use crate::error::Error;
use crate::query::{Query, Test};
use crate::rest::{quoted, Request};
use crate::tables::Table;
use std::ops::Range;

/// Selects rows by the value of one column. Combined with other lookups of the same tick that differ only in this
/// value.
#[derive(Clone)]
pub struct Lookup {
    /// The table.
    pub table: &'static Table,
    /// The column.
    pub column: &'static str,
    /// Its value.
    pub value: String,
    /// Values of other columns, if one column does not identify the rows.
    pub within: Vec<(&'static str, String)>,
}

impl Lookup {
    /// A query for this lookup alone.
    pub fn query(&self) -> Query {
        Query::of(self.table).filter(self.column, Test::Eq(self.value.clone()))
    }
}

/// Whether two lookups can share a request.
pub fn is_same_question(one: &Lookup, other: &Lookup) -> bool {
    *one.table == *other.table && one.column == other.column && one.within == other.within
}

/// The maximum number of bytes that `value` takes in a URL as an element of a list.
pub fn url_length(value: &str) -> usize {
    let is_bare = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    1 + if is_bare { value.len() } else { quoted(value).len() * 3 }
}

/// Reads the rows of all members. If a single member's rows may have caused an error, the members are split in halves
/// until only that member fails.
pub struct Batch<D: Data> {
    /// One of the lookups.
    lookup: Lookup,
    /// The values of all members.
    members: Vec<String>,
    /// The rows of the members answered so far, in order.
    answers: Vec<Result<D, Error>>,
    /// The groups of members still to be requested; the next one is last.
    pending: Vec<Range<usize>>,
    /// The current request.
    asking: Asking<D>,
}

enum Asking<D: Data> {
    Row,
    Rows(Box<List<D>>),
}

impl<D: Data> Batch<D> {
    /// `members` are the values of lookups that otherwise equal `lookup`.
    pub fn new(lookup: Lookup, members: Vec<String>) -> Self {
        #[allow(clippy::single_range_in_vec_init, reason = "it is one range, to be halved")]
        let pending = vec![0..members.len()];
        Self { lookup, members, answers: Vec::new(), pending, asking: Asking::Row }
    }

    fn group(&self) -> &[String] {
        self.pending.last().and_then(|range| self.members.get(range.clone())).unwrap_or_default()
    }

    /// Requests the next group, if there is one.
    fn ask(&mut self) -> Step<Vec<Result<D, Error>>> {
        if self.pending.is_empty() {
            return Step::Done(Ok(std::mem::take(&mut self.answers)));
        }
        let Lookup { table, column, within, .. } = &self.lookup;
        let test = match self.group() {
            [value] => Test::Eq(value.clone()),
            values => Test::In(values.to_vec()),
        };
        let within = within
            .iter()
            .fold(Query::of(table), |query, (column, value)| query.filter(column, Test::Eq(value.clone())));
        let query = within.filter(column, test);
        let is_by_id = *column == "id";
        if is_by_id && self.group().len() == 1 {
            self.asking = Asking::Row;
            return Step::Ask(Request::select(&Query { order: Vec::new(), ..query }, "*"));
        }
        let mut list = List::new(if is_by_id { query.ordered_by_id() } else { query });
        let step = list.start();
        self.asking = Asking::Rows(Box::new(list));
        self.asked(step)
    }

    fn asked(&mut self, step: Step<(D, Option<u32>)>) -> Step<Vec<Result<D, Error>>> {
        step.then(|outcome| self.take(outcome.map(|(rows, _)| rows)))
    }

    fn take(&mut self, outcome: Result<D, Error>) -> Step<Vec<Result<D, Error>>> {
        let size = self.group().len();
        match outcome {
            Ok(rows) => {
                let shares = share(&rows, self.lookup.column, self.group());
                self.answers.extend(shares);
                self.pending.pop();
            }
            Err(error) if size > 1 && is_one_rows_fault(&error) => {
                if let Some(range) = self.pending.pop() {
                    let middle = range.start + size / 2;
                    // The last group is requested first, so the answers arrive in order.
                    self.pending.extend([middle..range.end, range.start..middle]);
                }
            }
            Err(error) => {
                self.answers.extend((0..size).map(|_| Err(error.clone())));
                self.pending.pop();
            }
        }
        self.ask()
    }
}

impl<D: Data> Flow<D> for Batch<D> {
    type Output = Vec<Result<D, Error>>;

    fn start(&mut self) -> Step<Self::Output> {
        self.ask()
    }

    fn answered(&mut self, answer: Answered<D>, other: Option<Answered<D>>) -> Step<Self::Output> {
        match &mut self.asking {
            Asking::Row => self.take(answer.outcome.map(|answer| answer.rows)),
            Asking::Rows(list) => {
                let step = list.answered(answer, other);
                self.asked(step)
            }
        }
    }
}

/// The rows of each member. Fails if a row belongs to no member, because then the response is for another request.
fn share<D: Data>(rows: &D, column: &'static str, group: &[String]) -> Vec<Result<D, Error>> {
    let is_other = |value: &str| !group.iter().any(|member| member == value);
    if group.len() == 1 {
        let is_anothers = !rows.is_empty() && rows.item(0).column(column).text().is_some_and(is_other);
        return vec![if is_anothers { Err(another_answer()) } else { Ok(rows.clone()) }];
    }
    let lists = rows.group_by(column, group);
    if lists.iter().map(D::len).sum::<usize>() < rows.len() {
        return group.iter().map(|_| Err(another_answer())).collect();
    }
    lists.into_iter().map(Ok).collect()
}

/// A single row can cause data exceptions, errors raised by functions, and timeouts, but not a missing permission.
fn is_one_rows_fault(error: &Error) -> bool {
    error.code.starts_with("22") || error.code.starts_with("P0") || error.is("57014")
}
