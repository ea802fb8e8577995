//! The change log: what happened, in order, as far as something under way can still ask about it.
//!
//! Whatever is under way remembers the place in the log at which it was asked for. When its answer is there, it looks at
//! what was recorded since: that may have made the answer old.

use super::writes::WriteInFlight;
use crate::cache::Change;
use crate::data::Data;
use crate::tables::Table;
use std::rc::Rc;

/// A place in the log. Places grow; nothing has place 0.
pub type Place = u64;

/// With fewer records than this, none is forgotten.
const MIN_RECORDS: usize = 64;
/// More records than this are not kept. What was asked for before them counts as overtaken.
const MAX_RECORDS: usize = 50_000;

/// Something that happened.
pub enum Record {
    /// A row changed, or may have.
    Changed {
        /// The row's table.
        table: &'static Table,
        /// Its id. None for any of the table's rows.
        id: Option<String>,
        /// Whether rows of other tables may have gone with it.
        may_cascade: bool,
    },
    /// A row is gone that no entry and no subscription knows. An answer under way may still bring it.
    Gone {
        /// The row's table.
        table: &'static Table,
        /// Its id.
        id: String,
    },
    /// A frame told of a row, and it was not the echo of an own write.
    Heard {
        /// The row's table.
        table: &'static Table,
        /// Its id.
        id: String,
    },
    /// An own write ended.
    Written(Rc<WriteInFlight>),
    /// The scope of a subscription was read, and nothing in the answer was older than what was known.
    ScopeRead {
        /// The table of its rows.
        table: &'static Table,
        /// When that was asked for.
        asked: Place,
    },
    /// An answer was stored.
    Stored {
        /// Its key.
        key: String,
        /// When it was asked for.
        asked: Place,
    },
    /// The application set or dropped entries: these keys of reads that were under way.
    Keys(Vec<String>),
    /// The user changed, or their rights did.
    Everything,
}

impl Record {
    /// What a change is to those who asked before.
    pub fn of<D: Data>(change: &Change<D>) -> Self {
        Self::Changed { table: change.table, id: change.id.clone(), may_cascade: change.may_delete() }
    }
}

/// The records that something under way can still ask about.
#[derive(Default)]
pub struct ChangeLog {
    records: Vec<(Place, Record)>,
    /// The last place that was given.
    last: Place,
    /// The records up to this place are not kept.
    forgotten: Place,
    /// With so many records, it is time to forget some.
    full: usize,
}

impl ChangeLog {
    /// A new place: something is asked for now.
    pub fn place(&mut self) -> Place {
        self.last += 1;
        self.last
    }

    /// Records what happened. Only what is after `oldest` can still be asked about.
    pub fn push(&mut self, record: Record, oldest: Place) {
        if self.records.len() >= self.full {
            self.forget(oldest);
            self.full = (self.records.len() * 2).clamp(MIN_RECORDS, MAX_RECORDS);
        }
        let place = self.place();
        self.records.push((place, record));
    }

    /// Forgets what is not after `oldest`; at least half of a full log.
    fn forget(&mut self, oldest: Place) {
        let mut old = self.records.partition_point(|(place, _)| *place <= oldest);
        if self.records.len() - old > MAX_RECORDS / 2 {
            old = self.records.len() - MAX_RECORDS / 2;
            self.forgotten = self.records[old - 1].0;
        }
        self.records.drain(..old);
    }

    /// Nothing is under way that could ask.
    pub fn clear(&mut self) {
        self.records.clear();
    }

    /// Whether something since `asked` is of this kind. True also when that is not known any more.
    pub fn has_since(&self, asked: Place, is_meant: impl Fn(&Record) -> bool) -> bool {
        asked < self.forgotten || self.since(asked).any(is_meant)
    }

    /// The rows that frames told of since `asked`. None when that is not known any more.
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

    /// Whether `rows` of the table hold a row that is gone since `asked`.
    pub fn brings_gone<D: Data>(&self, asked: Place, table: &Table, rows: &D) -> bool {
        self.since(asked).any(|record| match record {
            Record::Gone { table: gone, id } => {
                **gone == *table && (rows.position(id).is_some() || rows.column("id").text() == Some(id))
            }
            _ => false,
        })
    }
}
