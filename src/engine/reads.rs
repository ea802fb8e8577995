//! Reads in flight, by key. A second read of a key joins the first, and a response that a change overtook is not
//! stored.

use super::call::Sent;
use super::log::{ChangeLog, Place, Record};
use super::shared::{Shared, WeakShared};
use crate::cache::{parts_of_relations, relations_key, Shape};
use crate::data::Data;
use crate::error::Error;
use crate::flows::{Load, Loaded};
use crate::tables::{Table, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use fnv::FnvHasher;
use std::hash::Hasher;

/// The result of a read: a row, a list or a page; `None` if there is no such row.
pub type Outcome<D> = Result<Option<D>, Error>;

/// A key with its hash. Keys share long prefixes, so comparing the hashes first is faster.
struct Key {
    hash: u64,
    text: String,
}

impl Key {
    fn new(text: String) -> Self {
        Self { hash: Self::hash(&text), text }
    }

    fn hash(text: &str) -> u64 {
        let mut hasher = FnvHasher::default();
        hasher.write(text.as_bytes());
        hasher.finish()
    }

    fn is(&self, hash: u64, text: &str) -> bool {
        self.hash == hash && self.text == text
    }
}

/// A read that is waiting for the server.
pub struct ReadInFlight<D> {
    number: u32,
    /// The cache key of the response.
    key: Key,
    /// Timeout of one attempt in milliseconds. A read with another timeout does not join.
    timeout_ms: f64,
    /// The result, for reads that join.
    read: WeakShared<Outcome<D>>,
    /// The tables that it reads.
    tables: Vec<&'static Table>,
    /// The id, if it reads a single row.
    row_id: Option<String>,
    /// When it was sent.
    sent: Sent,
    /// Whether to repeat the request when a change overtakes the response.
    pub insists: bool,
}

impl<D: Data> ReadInFlight<D> {
    /// A read of `load`, stored under `key`.
    pub fn new(
        number: u32,
        key: String,
        load: &Load,
        timeout_ms: f64,
        read: WeakShared<Outcome<D>>,
        sent: Sent,
    ) -> Self {
        let (tables, row_id) = (load.tables(), load.row_id().map(str::to_owned));
        Self { number, key: Key::new(key), timeout_ms, read, tables, row_id, sent, insists: false }
    }

    /// Whether an event since it was sent may have made its response outdated.
    fn is_overtaken(&self, log: &ChangeLog) -> bool {
        let asked = self.sent.place();
        asked.is_some_and(|asked| log.has_since(asked, |record| self.is_overtaken_by(record, asked)))
    }

    fn is_overtaken_by(&self, record: &Record, asked: Place) -> bool {
        match record {
            Record::Changed { table, id, may_cascade } => {
                let is_other_row = matches!((&self.row_id, id), (Some(own), Some(id)) if own != id);
                self.tables
                    .iter()
                    .any(|own| (*own == *table && !is_other_row) || (*may_cascade && table.cascades_to(own)))
            }
            Record::ScopeRead { table, asked: later } => asked < *later && self.tables.contains(table),
            Record::Stored { key, asked: later } => {
                let holds = |whole: &str, part: &str| {
                    parts_of_relations(whole).iter().flatten().any(|own| own == part)
                };
                asked < *later
                    && (self.key.text == *key || holds(key, &self.key.text) || holds(&self.key.text, key))
            }
            Record::Keys(keys) => {
                keys.contains(&self.key.text)
                    || parts_of_relations(&self.key.text).iter().flatten().any(|part| keys.contains(part))
            }
            Record::Everything => true,
            Record::Gone { .. }
            | Record::Heard { .. }
            | Record::RowWritten { .. }
            | Record::WriteEnded(_) => false,
        }
    }

    /// Whether the response contains a row that was reported gone since it was sent.
    fn brings_gone(&self, log: &ChangeLog, loaded: &Loaded<D>) -> bool {
        let Some(asked) = self.sent.place() else { return false };
        let brings = |table: &Table, rows: &D| log.brings_gone(asked, table, rows);
        match loaded {
            Loaded::Entry(row, Shape::Row(table)) => brings(table, row),
            Loaded::Entry(rows, Shape::List(query)) => brings(query.table, rows),
            Loaded::Entry(page, Shape::Page(query)) => {
                page.child("data").is_some_and(|rows| brings(query.table, &rows))
            }
            Loaded::Entry(..) => false,
            Loaded::Parts(parts) => {
                brings(&WORKFLOWS, &parts.workflow)
                    || brings(&WORKFLOW_NODES, &parts.nodes)
                    || brings(&WORKFLOW_CONNECTIONS, &parts.connections)
            }
        }
    }
}

/// The reads in flight, in a plain list: there are few at a time, and another hash map would cost more bytes than it
/// saves time.
pub struct ReadsInFlight<D> {
    reads: Vec<ReadInFlight<D>>,
    last_number: u32,
    coalesced: f64,
}

impl<D> Default for ReadsInFlight<D> {
    fn default() -> Self {
        Self { reads: Vec::new(), last_number: 0, coalesced: 0.0 }
    }
}

impl<D: Data> ReadsInFlight<D> {
    /// The read that a new one may join: same key, same timeout, not overtaken. A fresh read joins only reads that
    /// were not sent yet.
    pub fn join(
        &mut self,
        log: &ChangeLog,
        key: &str,
        timeout_ms: f64,
        is_fresh: bool,
    ) -> Option<(Shared<Outcome<D>>, Sent)> {
        let hash = Key::hash(key);
        let known = self.reads.iter_mut().find(|read| {
            read.key.is(hash, key)
                && read.timeout_ms.to_bits() == timeout_ms.to_bits()
                && !(is_fresh && read.sent.is_sent())
                && !read.is_overtaken(log)
        })?;
        let read = known.read.upgrade()?;
        if is_fresh {
            known.insists = true;
            known.sent.go_past_http_cache();
        }
        self.coalesced += 1.0;
        Some((read, known.sent.clone()))
    }

    /// The number for the next read.
    pub fn next_number(&mut self) -> u32 {
        self.last_number = self.last_number.wrapping_add(1);
        self.last_number
    }

    /// Adds a read, which others may join.
    pub fn begin(&mut self, read: ReadInFlight<D>) {
        self.reads.push(read);
    }

    /// Records that the read repeats its request, as `sent`.
    pub fn asks_again(&mut self, number: u32, sent: Sent) {
        if let Some(read) = self.reads.iter_mut().find(|read| read.number == number) {
            read.sent = sent;
        }
    }

    /// Removes the read.
    pub fn end(&mut self, number: u32) {
        if let Some(place) = self.reads.iter().position(|read| read.number == number) {
            self.reads.swap_remove(place);
        }
    }

    /// Whether another read may return an older response for this key or for a related one.
    pub fn has_other(&self, key: &str) -> bool {
        let parts = parts_of_relations(key).into_iter().flatten();
        let related = parts.chain(relations_key(key)).chain([key.to_owned()]).map(Key::new);
        related.into_iter().any(|other| self.reads.iter().any(|read| read.key.is(other.hash, &other.text)))
    }

    fn get(&self, number: u32) -> Option<&ReadInFlight<D>> {
        self.reads.iter().find(|read| read.number == number)
    }

    /// Whether the read repeats its request when a change overtakes the response.
    pub fn insists(&self, number: u32) -> bool {
        self.get(number).is_some_and(|read| read.insists)
    }

    /// Whether the response of the read may be older than what is known now.
    pub fn is_overtaken(&self, number: u32, log: &ChangeLog, loaded: Option<&Loaded<D>>) -> bool {
        self.get(number).is_some_and(|read| {
            read.is_overtaken(log) || loaded.is_some_and(|loaded| read.brings_gone(log, loaded))
        })
    }

    /// When the oldest of them was sent.
    pub fn oldest(&self) -> Option<Place> {
        self.reads.iter().filter_map(|read| read.sent.place()).min()
    }

    /// Their keys, including those of the entries that they are composed from.
    pub fn keys(&self) -> Vec<String> {
        let keys_of = |read: &ReadInFlight<D>| {
            let parts = parts_of_relations(&read.key.text).into_iter().flatten();
            std::iter::once(read.key.text.clone()).chain(parts).collect::<Vec<_>>()
        };
        self.reads.iter().flat_map(keys_of).collect()
    }

    /// How many reads joined another one.
    pub fn coalesced(&self) -> f64 {
        self.coalesced
    }

    /// The number of reads in flight.
    pub fn count(&self) -> usize {
        self.reads.len()
    }
}
