//! The writes of one user that the server has not confirmed, and the steps that they take.

use super::failure::Failure;
use super::record::{Action, Plan, Record, State};
use std::collections::BTreeMap;

/// A write to send now.
#[derive(Debug)]
pub struct Sent {
    /// The record's id.
    pub id: String,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// Whether the server may have received it before.
    pub is_resent: bool,
    /// The write.
    pub plan: Plan,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The server made the write.
    Done,
    /// The write will be sent again.
    Retry,
    /// The server refused the write.
    Refused,
    /// The response belongs to an earlier attempt, or the write no longer exists.
    Stale,
}

impl Outcome {
    /// Its name in JavaScript.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry => "retry",
            Self::Refused => "refused",
            Self::Stale => "stale",
        }
    }
}

/// All records of one scope, in order, and the changes of the last step.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    pub(super) records: Vec<Record>,
    deleted: Vec<String>,
}

impl Outbox {
    /// Creates an outbox from records in any order.
    pub fn new(records: Vec<Record>) -> Self {
        let mut ordered: Vec<Record> = Vec::with_capacity(records.len());
        for record in records {
            // The records are usually in order already.
            let place = ordered.iter().rposition(|earlier| earlier.seq < record.seq);
            ordered.insert(place.map_or(0, |place| place + 1), record);
        }
        Self { records: ordered, deleted: Vec::new() }
    }

    /// Begins a step: the changes of the step before it have been stored.
    pub(super) fn begin_step(&mut self) {
        self.deleted.clear();
        for record in &mut self.records {
            record.is_changed = false;
        }
    }

    /// The records to store.
    pub fn puts(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| record.is_changed)
    }

    /// The ids of the records to delete.
    pub fn deletes(&self) -> &[String] {
        &self.deleted
    }

    /// Marks the next write as being sent, and returns it.
    pub fn begin(&mut self) -> Option<Sent> {
        let record = self.records.iter_mut().find(|record| record.is_due())?;
        let is_resent = !record.is_unsent();
        record.attempts = record.attempts.saturating_add(1);
        record.state = State::Sending;
        record.is_changed = true;
        Some(Sent { id: record.id.clone(), attempt: record.attempts, is_resent, plan: record.plan.clone() })
    }

    /// The server made the write, in any attempt. `updated_at` is the row's version after it.
    pub fn done(&mut self, id: &str, updated_at: Option<&str>) -> Outcome {
        let Some(index) = self.position(id) else {
            return Outcome::Stale;
        };
        let done = self.remove(index);
        if let Some(updated_at) = updated_at {
            self.advance(&done.plan, updated_at);
        }
        self.block();
        Outcome::Done
    }

    /// Attempt number `attempt` failed with `error`, which is JSON.
    pub fn failed(&mut self, id: &str, attempt: u32, error: &str) -> Outcome {
        let is_passing = Failure::parse(error).is_some_and(|failure| failure.is_passing());
        let is_current =
            |record: &&mut Record| record.id == id && record.attempts == attempt && record.is_due();
        let Some(record) = self.records.iter_mut().find(is_current) else {
            return Outcome::Stale;
        };
        record.error = Some(error.to_owned());
        record.is_changed = true;
        if is_passing {
            record.state = State::Pending;
            return Outcome::Retry;
        }
        record.state = State::Failed;
        self.block();
        Outcome::Refused
    }

    /// Nothing is being sent anymore: a new flusher takes over from one that crashed.
    pub fn recover(&mut self) {
        for record in self.records.iter_mut().filter(|record| record.state == State::Sending) {
            record.set_state(State::Pending);
        }
    }

    /// Makes a refused write, and the writes that it blocked, pending again. Returns false if there is no such write.
    pub fn retry(&mut self, id: &str) -> bool {
        let is_it = |record: &&mut Record| record.id == id && record.state == State::Failed;
        let Some(record) = self.records.iter_mut().find(is_it) else {
            return false;
        };
        record.set_state(State::Pending);
        record.error = None;
        self.block();
        true
    }

    /// Removes a write. Returns false if there is no such write, or if it is being sent.
    ///
    /// If it is an insert, the writes to its row and to rows created below it are removed, too: without the row they cannot
    /// succeed. Other writes that it blocked are pending again.
    pub fn discard(&mut self, id: &str) -> bool {
        let Some(index) = self.position(id).filter(|index| self.records[*index].state != State::Sending)
        else {
            return false;
        };
        let record = &self.records[index];
        // A pending write that was sent before has an unknown outcome: its row may exist.
        let is_uncreated =
            record.plan.action == Action::Insert && (record.is_unsent() || record.state == State::Failed);
        if is_uncreated {
            self.remove_all(&self.family(index));
        } else {
            self.remove(index);
        }
        self.block();
        true
    }

    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.records.iter().position(|record| record.id == id)
    }

    /// The insert at `index`, and the later writes to its row and to rows created below it, in order.
    pub(super) fn family(&self, index: usize) -> Vec<usize> {
        let mut family = vec![index];
        for later in index + 1..self.records.len() {
            let plan = &self.records[later].plan;
            let belongs = family
                .iter()
                .map(|member| &self.records[*member].plan)
                .any(|member| plan.is_same_row(member) || (plan.action.creates() && plan.depends_on(member)));
            if belongs {
                family.push(later);
            }
        }
        family
    }

    pub(super) fn remove_all(&mut self, ascending: &[usize]) {
        for index in ascending.iter().rev() {
            self.remove(*index);
        }
    }

    pub(super) fn remove(&mut self, index: usize) -> Record {
        let record = self.records.remove(index);
        self.deleted.push(record.id.clone());
        record
    }

    /// Blocks the writes that depend on a stuck write, and unblocks all others.
    pub(super) fn block(&mut self) {
        // The rows of stuck writes, each with whether one of the writes creates the row.
        let mut stuck: BTreeMap<String, bool> = BTreeMap::new();
        for record in &mut self.records {
            if record.is_waiting() {
                let is_blocked = !stuck.is_empty()
                    && (stuck.contains_key(&record.plan.row())
                        || record.plan.refs.iter().any(|row| stuck.get(row) == Some(&true)));
                record.set_state(if is_blocked { State::Blocked } else { State::Pending });
            }
            if record.is_stuck() {
                *stuck.entry(record.plan.row()).or_default() |= record.plan.action.creates();
            }
        }
    }

    /// After this device's own write, `updated_at` is the row's version. Later writes that required the version before it
    /// now require this one. So do writes to a row that `done` created, because they were based on this device's own values.
    fn advance(&mut self, done: &Plan, updated_at: &str) {
        let is_chained = |plan: &Plan| {
            plan.if_updated_at.is_some()
                && (done.action == Action::Insert || plan.if_updated_at == done.if_updated_at)
        };
        for record in &mut self.records {
            if record.plan.is_same_row(done) && is_chained(&record.plan) {
                record.plan.if_updated_at = Some(updated_at.to_owned());
                record.is_changed = true;
            }
        }
    }
}
