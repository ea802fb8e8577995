//! The change log: recent events in order, kept while a read or write in flight may depend on them.
//!
//! Every read and write in flight remembers the place in the log at which it was sent. When the response arrives, the
//! records since that place tell whether something may have made the response outdated.

use super::writes::WriteInFlight;
use crate::cache::Change;
use crate::data::Data;
use crate::tables::Table;
use std::rc::Rc;

/// A place in the log. Places increase and start at 1.
pub type Place = u64;

/// Below this number of records, none is removed.
const MIN_RECORDS: usize = 64;
/// Maximum number of records. Requests older than the removed ones count as overtaken.
const MAX_RECORDS: usize = 50_000;

/// An event in the log.
pub enum Record {
    /// A row changed, or may have changed.
    Changed {
        /// The row's table.
        table: &'static Table,
        /// The row's id; `None` means any row of the table.
        id: Option<String>,
        /// Whether the change may have deleted rows of other tables too.
        may_cascade: bool,
    },
    /// A row is gone that no entry and no subscription contains. A response in transit may still contain it.
    Gone {
        /// The row's table.
        table: &'static Table,
        /// Its id.
        id: String,
    },
    /// A frame reported a row, and it was not the echo of an own write.
    Heard {
        /// The row's table.
        table: &'static Table,
        /// Its id.
        id: String,
    },
    /// An own write left a row in the state of the cache, or deleted it.
    RowWritten {
        /// The row's table.
        table: &'static Table,
        /// Its id.
        id: String,
    },
    /// An own write ended.
    WriteEnded(Rc<WriteInFlight>),
    /// The scope of a subscription was read, and nothing in the response was older than the known rows.
    ScopeRead {
        /// The table of the rows.
        table: &'static Table,
        /// When the request was sent.
        asked: Place,
    },
    /// A response was stored.
    Stored {
        /// Its cache key.
        key: String,
        /// When the request was sent.
        asked: Place,
    },
    /// The application set or dropped entries: the affected keys of reads in flight.
    Keys(Vec<String>),
    /// The user changed, or the user's rights did.
    Everything,
}

impl Record {
    /// The record of a change.
    pub fn of<D: Data>(change: &Change<D>) -> Self {
        Self::Changed { table: change.table, id: change.id.clone(), may_cascade: change.may_delete() }
    }
}

/// The records that reads and writes in flight may depend on.
#[derive(Default)]
pub struct ChangeLog {
    records: Vec<(Place, Record)>,
    /// The last place assigned.
    last: Place,
    /// Records up to this place have been removed.
    forgotten: Place,
    /// Number of records at which old ones are removed.
    full: usize,
}

impl ChangeLog {
    /// Assigns a new place, for a request that is sent now.
    pub fn place(&mut self) -> Place {
        self.last += 1;
        self.last
    }

    /// Records an event. Nothing in flight was sent before `oldest`.
    pub fn push(&mut self, record: Record, oldest: Place) {
        if self.records.len() >= self.full {
            self.forget(oldest);
            self.full = (self.records.len() * 2).clamp(MIN_RECORDS, MAX_RECORDS);
        }
        let place = self.place();
        self.records.push((place, record));
    }

    /// Removes the records up to `oldest`, and at least half of a full log.
    fn forget(&mut self, oldest: Place) {
        let mut old = self.records.partition_point(|(place, _)| *place <= oldest);
        if self.records.len() - old > MAX_RECORDS / 2 {
            old = self.records.len() - MAX_RECORDS / 2;
            self.forgotten = self.records[old - 1].0;
        }
        self.records.drain(..old);
    }

    /// Removes all records: nothing is in flight.
    pub fn clear(&mut self) {
        self.records.clear();
    }

    /// Whether a record since `asked` satisfies `is_meant`. Also true if such a record may have been removed.
    pub fn has_since(&self, asked: Place, is_meant: impl Fn(&Record) -> bool) -> bool {
        asked < self.forgotten || self.since(asked).any(is_meant)
    }

    /// The rows that frames reported since `asked`. `None` if some of those records have been removed.
    pub fn heard_since(&self, asked: Place) -> Option<Vec<(&'static Table, String)>> {
        let heard = self.since(asked).filter_map(|record| match record {
            Record::Heard { table, id } => Some((*table, id.clone())),
            _ => None,
        });
        (asked >= self.forgotten).then(|| heard.collect())
    }

    fn since(&self, asked: Place) -> impl Iterator<Item = &Record> {
        let first = self.records.partition_point(|(place, _)| *place <= asked);
        self.records[first..].iter().map(|(_, record)| record)
    }

    /// Whether `rows` of the table contain a row that was reported gone since `asked`.
    pub fn brings_gone<D: Data>(&self, asked: Place, table: &Table, rows: &D) -> bool {
        self.since(asked).any(|record| match record {
            Record::Gone { table: gone, id } => {
                **gone == *table && (rows.position(id).is_some() || rows.column("id").text() == Some(id))
            }
            _ => false,
        })
    }
}
