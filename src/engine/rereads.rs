//! Rows that are being read by id, because a frame was incomplete or may be older than the known state.

use super::log::{ChangeLog, Place, Record};
use crate::subscriptions::Sign;
use crate::tables::Table;
use std::rc::Rc;

/// The reads in progress, one for each row.
#[derive(Default)]
pub struct Rereads {
    rereads: Vec<Reread>,
}

struct Reread {
    table: &'static Table,
    /// The identity of this `Rc` distinguishes the read from a later one of the same row, after a frame ended the
    /// first.
    id: Rc<str>,
    /// The content of the latest frames about the row.
    sign: Sign,
    /// When the row was last requested.
    asked: Place,
}

/// The result of a read: whether the response is current.
pub enum Reading {
    /// In the meantime, an own write changed the row, it may have been deleted or become invisible, or a scope that may
    /// contain it was read later: the row is read once more.
    Outdated,
    /// The response is newer than the frames that caused the read.
    Newer {
        /// The content of the frames about the row.
        sign: Sign,
        /// Whether no other frame arrived in the meantime. Otherwise, the row is read once more.
        is_last_word: bool,
    },
}

impl Rereads {
    /// Begins to read the row.
    pub fn begin(&mut self, table: &'static Table, id: Rc<str>, sign: Sign, asked: Place) {
        self.rereads.push(Reread { table, id, sign, asked });
    }

    /// Whether the row is being read because it may be back, and subscribers have received its deletion.
    pub fn is_told_gone(&self, table: &Table, id: &str) -> bool {
        self.rereads.iter().any(|reread| reread.is_of(table, id) && reread.sign.is_told_gone)
    }

    /// Adds the content of a frame about a row, if the row is being read. Returns whether it is.
    pub fn hear(&mut self, table: &Table, id: &str, sign: &Sign) -> bool {
        let Some(reread) = self.rereads.iter_mut().find(|reread| reread.is_of(table, id)) else {
            return false;
        };
        reread.sign.follow(sign.clone());
        true
    }

    /// The row is requested. `None` if the read was ended.
    pub fn ask(&mut self, id: &Rc<str>, asked: Place) -> Option<()> {
        self.find(id)?.asked = asked;
        Some(())
    }

    /// Judges the response by the records since the row was requested. Ends the read with a final result or a failure.
    /// `None` if the read was ended before.
    pub fn answered(&mut self, id: &Rc<str>, log: &ChangeLog, has_failed: bool) -> Option<Reading> {
        let Reread { table, sign, asked, .. } = self.find(id)?;
        let has_since = |is_meant: &dyn Fn(&Record) -> bool| log.has_since(*asked, is_meant);
        let is_row = |other: &Table, other_id: &str| **table == *other && *other_id == **id;
        let is_newer = |record: &Record| match record {
            Record::RowWritten { table, id } => is_row(table, id),
            Record::ScopeRead { table: read, asked: later } => *read == *table && *asked < *later,
            // Also recorded for a workflow that the user may no longer see.
            Record::Changed { table: parent, id, may_cascade: true } => {
                parent.cascades_to(table) || id.as_ref().is_some_and(|id| is_row(parent, id))
            }
            _ => false,
        };
        if has_since(&is_newer) {
            return Some(Reading::Outdated);
        }
        let was_heard =
            has_since(&|record| matches!(record, Record::Heard { table, id } if is_row(table, id)));
        let is_last_word = has_failed || !was_heard;
        let sign = sign.clone();
        if is_last_word {
            self.rereads.retain(|reread| !Rc::ptr_eq(&reread.id, id));
        }
        Some(Reading::Newer { sign, is_last_word })
    }

    /// Ends the read of this row: a frame reported its deletion.
    pub fn end(&mut self, table: &Table, id: &str) {
        self.rereads.retain(|reread| !reread.is_of(table, id));
    }

    /// Ends all reads.
    pub fn clear(&mut self) {
        self.rereads.clear();
    }

    /// When the oldest request without a response was sent.
    pub fn oldest(&self) -> Option<Place> {
        self.rereads.iter().map(|reread| reread.asked).min()
    }

    fn find(&mut self, id: &Rc<str>) -> Option<&mut Reread> {
        self.rereads.iter_mut().find(|reread| Rc::ptr_eq(&reread.id, id))
    }
}

impl Reread {
    fn is_of(&self, table: &Table, id: &str) -> bool {
        *self.table == *table && *self.id == *id
    }
}
