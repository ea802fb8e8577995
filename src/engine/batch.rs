//! Reads of one tick, asked together.
//!
//! Point reads by id and reads of one parent's children differ only in one value, so that all that are started in
//! the same tick become `column=in.(…)`. Each caller still gets its own rows, nothing, or its own error.

use super::call::Sent;
use super::joint::{Joint, WeakJoint};
use super::list::another_answer;
use super::read::Lookup;
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::platform::Platform;
use crate::query::{Query, Test};
use crate::rest::{quoted, MAX_URL_LENGTH};
use crate::tables::Table;
use futures_util::future::FutureExt;
use std::cell::RefCell;
use std::future::Future;
use std::ops::Range;
use std::rc::Rc;

/// The rows of each member, in the order in which they joined.
type Answers<D> = Rc<Vec<Result<D, Error>>>;

/// Room in a URL for the path, `select`, `order` and a place to continue from.
const URL_RESERVE: usize = 400;

/// What reads must have in common to be asked together.
#[derive(Clone, PartialEq)]
struct Kind {
    table: &'static Table,
    column: &'static str,
    within: Vec<(&'static str, String)>,
    timeout_ms: f64,
}

#[derive(Default)]
struct Members {
    values: Vec<String>,
    /// Bytes that they take of the URL.
    length: usize,
}

struct OpenBatch<D> {
    kind: Kind,
    answers: WeakJoint<Answers<D>>,
    members: Rc<RefCell<Members>>,
    sent: Sent,
}

/// Batches that still take members.
pub struct Batches<D> {
    open: Vec<OpenBatch<D>>,
}

impl<D> Default for Batches<D> {
    fn default() -> Self {
        Self { open: Vec::new() }
    }
}

impl<D: Data> Batches<D> {
    /// Enters the open batch of this kind, if it has room. Answers the place in it.
    fn join(&self, kind: &Kind, value: &str, room: usize) -> Option<(Joint<Answers<D>>, usize, Sent)> {
        let batch = self.open.iter().find(|batch| batch.kind == *kind)?;
        let answers = batch.answers.upgrade()?;
        let mut members = batch.members.borrow_mut();
        let length = url_length(value);
        if members.length + length > room {
            return None;
        }
        members.length += length;
        members.values.push(value.to_owned());
        Some((answers, members.values.len() - 1, batch.sent.clone()))
    }

    /// Takes no more members into the batch of this kind, or into this very batch.
    fn close(&mut self, closed: impl Fn(&OpenBatch<D>) -> bool) {
        self.open.retain(|batch| !closed(batch));
    }
}

impl<P: Platform> Engine<P> {
    /// The rows that `lookup` names, in the table's default order, asked together with others of this tick. The
    /// second value tells when the batch was sent.
    pub(super) fn in_batch(
        self: &Rc<Self>,
        lookup: Lookup,
        timeout_ms: f64,
    ) -> (impl Future<Output = Result<P::Data, Error>> + use<P>, Sent) {
        let Lookup { table, column, value, within } = lookup;
        let within_length: usize =
            within.iter().map(|(column, value)| column.len() + url_length(value)).sum();
        let reserve = URL_RESERVE + within_length + self.platform.base_url_length();
        let room = MAX_URL_LENGTH.saturating_sub(reserve);
        let kind = Kind { table, column, within, timeout_ms };
        let joined = self.state.borrow().batches.join(&kind, &value, room);
        let (answers, place, sent) = joined.unwrap_or_else(|| self.open_batch(&kind, &value));
        let own = async move {
            let answers = answers.wait().await;
            answers.get(place).cloned().unwrap_or_else(|| Ok(P::Data::list(&[])))
        };
        (own, sent)
    }

    fn open_batch(self: &Rc<Self>, kind: &Kind, value: &str) -> (Joint<Answers<P::Data>>, usize, Sent) {
        let members = Members { values: vec![value.to_owned()], length: url_length(value) };
        let members = Rc::new(RefCell::new(members));
        let sent = Sent::default();
        let (engine, own_members, own_sent) = (self.clone(), members.clone(), sent.clone());
        let own_kind = kind.clone();
        let answers = async move {
            engine.platform.tick().await;
            let is_own = |batch: &OpenBatch<P::Data>| Rc::ptr_eq(&batch.members, &own_members);
            engine.state.borrow_mut().batches.close(is_own);
            let members = own_members.take().values;
            Rc::new(engine.ask_members(&own_kind, members, &own_sent).await)
        };
        let answers = Joint::new(answers.boxed_local());
        let batch =
            OpenBatch { kind: kind.clone(), answers: answers.downgrade(), members, sent: sent.clone() };
        let mut state = self.state.borrow_mut();
        state.batches.close(|batch| batch.kind == *kind);
        state.batches.open.push(batch);
        (answers, 0, sent)
    }

    /// Asks for all members. An error that one member's rows may have caused is not everybody's: the members are
    /// halved until the guilty one stands alone.
    async fn ask_members(
        self: &Rc<Self>,
        kind: &Kind,
        members: Vec<String>,
        sent: &Sent,
    ) -> Vec<Result<P::Data, Error>> {
        let mut answers: Vec<Result<P::Data, Error>> = Vec::new();
        #[allow(clippy::single_range_in_vec_init, reason = "it is one range, to be halved")]
        let mut pending: Vec<Range<usize>> = vec![0..members.len()];
        while let Some(range) = pending.pop() {
            let group = &members[range.clone()];
            match self.ask_together(kind, group, sent).await {
                Ok(rows) => answers.extend(share(&rows, kind, group)),
                Err(error) if group.len() > 1 && is_one_rows_fault(&error) => {
                    let middle = range.start + group.len() / 2;
                    // The last one is asked first, so that the answers come in order.
                    pending.extend([middle..range.end, range.start..middle]);
                }
                Err(error) => answers.extend(group.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }

    async fn ask_together(
        self: &Rc<Self>,
        kind: &Kind,
        group: &[String],
        sent: &Sent,
    ) -> Result<P::Data, Error> {
        let is_by_id = kind.column == "id";
        let test = match group {
            [value] => Test::Eq(value.clone()),
            values => Test::In(values.to_vec()),
        };
        let within = kind.within.iter().fold(Query::of(kind.table), |query, (column, value)| {
            query.filter(column, Test::Eq(value.clone()))
        });
        let query = within.filter(kind.column, test);
        if is_by_id && group.len() == 1 {
            return self.single_row(query, kind.timeout_ms, sent).await;
        }
        let query = if is_by_id { query.ordered_by_id() } else { query };
        self.complete(&query, kind.timeout_ms, sent).await.map(|(rows, _)| rows)
    }
}

/// The rows of each member. A row that belongs to no member shows that the answer is to another question.
fn share<D: Data>(rows: &D, kind: &Kind, group: &[String]) -> Vec<Result<D, Error>> {
    let is_other = |value: &str| !group.iter().any(|member| member == value);
    if group.len() == 1 {
        let is_anothers = !rows.is_empty() && rows.item(0).column(kind.column).text().is_some_and(is_other);
        return vec![if is_anothers { Err(another_answer()) } else { Ok(rows.clone()) }];
    }
    let lists = rows.group_by(kind.column, group);
    if lists.iter().map(D::len).sum::<usize>() < rows.len() {
        return group.iter().map(|_| Err(another_answer())).collect();
    }
    lists.into_iter().map(Ok).collect()
}

/// Data exceptions, errors raised by functions, and timeouts can be one row's doing; a missing permission cannot.
fn is_one_rows_fault(error: &Error) -> bool {
    error.code.starts_with("22") || error.code.starts_with("P0") || error.is("57014")
}

/// Bytes that `value` takes of a URL at most, as an element of a list.
fn url_length(value: &str) -> usize {
    let is_bare = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    1 + if is_bare { value.len() } else { quoted(value).len() * 3 }
}
