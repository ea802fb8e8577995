//! Reads of one tick, asked together.
//!
//! Point reads by id and reads of one parent's children differ only in one value, so that all that are started in
//! the same tick become `column=in.(…)`. Each caller still gets its own rows, nothing, or its own error.

use super::call::Sent;
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::platform::Platform;
use crate::query::{Query, Test};
use crate::rest::{quoted, MAX_URL_LENGTH};
use crate::tables::Table;
use futures_util::future::{join_all, FutureExt, LocalBoxFuture, Shared, WeakShared};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The rows of each member, as a list.
type Answers<D> = Rc<HashMap<String, Result<D, Error>>>;
type SharedBatch<D> = Shared<LocalBoxFuture<'static, Answers<D>>>;

/// Room for the path, `select`, `order` and a place to continue from.
const URL_RESERVE: usize = 400;

#[derive(Clone, PartialEq, Eq, Hash)]
struct BatchKey {
    table: &'static str,
    column: &'static str,
    timeout_bits: u64,
}

struct OpenBatch<D> {
    answers: WeakShared<LocalBoxFuture<'static, Answers<D>>>,
    members: Rc<RefCell<Vec<String>>>,
    sent: Sent,
}

/// Batches that still take members.
pub struct Batches<D> {
    open: HashMap<BatchKey, OpenBatch<D>>,
}

impl<D> Default for Batches<D> {
    fn default() -> Self {
        Self { open: HashMap::new() }
    }
}

impl<P: Platform> Engine<P> {
    /// The rows of `table` whose `column` is `value`, in the table's default order, asked together with others of
    /// this tick. The second value tells when the batch was sent.
    pub(super) fn in_batch(
        self: &Rc<Self>,
        table: &'static Table,
        column: &'static str,
        value: String,
        timeout_ms: f64,
    ) -> (impl std::future::Future<Output = Result<P::Data, Error>>, Sent) {
        let (answers, sent) = self.join_batch(table, column, value.clone(), timeout_ms);
        let own = async move {
            let answers = answers.await;
            answers.get(&value).cloned().unwrap_or_else(|| Ok(P::Data::list(&[])))
        };
        (own, sent)
    }

    fn join_batch(
        self: &Rc<Self>,
        table: &'static Table,
        column: &'static str,
        value: String,
        timeout_ms: f64,
    ) -> (SharedBatch<P::Data>, Sent) {
        let key = BatchKey { table: table.name, column, timeout_bits: timeout_ms.to_bits() };
        if let Some(batch) = self.state.borrow().batches.open.get(&key) {
            if let Some(answers) = batch.answers.upgrade() {
                batch.members.borrow_mut().push(value);
                return (answers, batch.sent.clone());
            }
        }
        let members = Rc::new(RefCell::new(vec![value]));
        let sent = Sent::default();
        let (engine, own_members, own_sent, own_key) =
            (self.clone(), members.clone(), sent.clone(), key.clone());
        let answers = async move {
            engine.platform.tick().await;
            engine.state.borrow_mut().batches.open.remove(&own_key);
            let mut members = own_members.take();
            members.sort_unstable();
            members.dedup();
            Rc::new(engine.ask_members(table, column, members, timeout_ms, &own_sent).await)
        };
        let answers = answers.boxed_local().shared();
        if let Some(answers) = answers.downgrade() {
            let batch = OpenBatch { answers, members, sent: sent.clone() };
            self.state.borrow_mut().batches.open.insert(key, batch);
        }
        (answers, sent)
    }

    async fn ask_members(
        self: &Rc<Self>,
        table: &'static Table,
        column: &'static str,
        members: Vec<String>,
        timeout_ms: f64,
        sent: &Sent,
    ) -> HashMap<String, Result<P::Data, Error>> {
        let room = MAX_URL_LENGTH.saturating_sub(URL_RESERVE + self.platform.base_url_length());
        let groups = chunks_within(members, room);
        let answers = groups.into_iter().map(|group| self.ask_group(table, column, group, timeout_ms, sent));
        join_all(answers).await.into_iter().flatten().collect()
    }

    /// Asks for one URL's worth of members. An error that one member's rows may have caused is not everybody's:
    /// the group is halved until the guilty one stands alone.
    async fn ask_group(
        self: &Rc<Self>,
        table: &'static Table,
        column: &'static str,
        group: Vec<String>,
        timeout_ms: f64,
        sent: &Sent,
    ) -> HashMap<String, Result<P::Data, Error>> {
        let mut answers = HashMap::with_capacity(group.len());
        let mut pending = vec![group];
        while let Some(mut group) = pending.pop() {
            match self.ask_together(table, column, &group, timeout_ms, sent).await {
                Ok(rows) => {
                    answers.extend(by_member(&group, column, rows).map(|(member, rows)| (member, Ok(rows))))
                }
                Err(error) if group.len() > 1 && is_one_rows_fault(&error) => {
                    let half = group.split_off(group.len() / 2);
                    pending.extend([group, half]);
                }
                Err(error) => answers.extend(group.into_iter().map(|member| (member, Err(error.clone())))),
            }
        }
        answers
    }

    async fn ask_together(
        self: &Rc<Self>,
        table: &'static Table,
        column: &'static str,
        group: &[String],
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<P::Data, Error> {
        match group {
            [id] if column == "id" => {
                let query = Query { order: Vec::new(), ..Query::of(table) };
                self.single_row(&query.filter("id", Test::Eq(id.clone())), timeout_ms, sent).await
            }
            [value] => {
                self.complete(&Query::of(table).filter(column, Test::Eq(value.clone())), timeout_ms, sent)
                    .await
            }
            values => {
                let query = Query::of(table).filter(column, Test::In(values.to_vec()));
                let query = if column == "id" { query.ordered_by_id() } else { query };
                self.complete(&query, timeout_ms, sent).await
            }
        }
    }
}

/// Data exceptions, errors raised by functions, and timeouts can be one row's doing; a missing permission cannot.
fn is_one_rows_fault(error: &Error) -> bool {
    error.code.starts_with("22") || error.code.starts_with("P0") || error.is("57014")
}

/// Groups whose list of values takes at most `room` bytes of a URL each.
fn chunks_within(members: Vec<String>, room: usize) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut used = 0;
    for member in members {
        // Every byte of a quoted value may take three in a URL; a uuid stands as it is.
        let is_bare = member.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let length = 1 + if is_bare { member.len() } else { quoted(&member).len() * 3 };
        match groups.last_mut() {
            Some(group) if used + length <= room => group.push(member),
            _ => {
                groups.push(vec![member]);
                used = 0;
            }
        }
        used += length;
    }
    groups
}

/// Each member with its rows, in the order of the answer.
fn by_member<'a, D: Data>(
    group: &'a [String],
    column: &'static str,
    rows: D,
) -> Box<dyn Iterator<Item = (String, D)> + 'a> {
    if let [member] = group {
        return Box::new(std::iter::once((member.clone(), rows)));
    }
    let mut sorted: HashMap<String, Vec<D>> = HashMap::with_capacity(group.len());
    for row in rows.items() {
        if let Some(value) = row.column(column).text() {
            sorted.entry(value.to_owned()).or_default().push(row.clone());
        }
    }
    Box::new(group.iter().map(move |member| {
        let rows = sorted.remove(member).unwrap_or_default();
        (member.clone(), D::list(&rows))
    }))
}
