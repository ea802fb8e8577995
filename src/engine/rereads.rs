//! Rows that are being read by id, because a frame was incomplete or may be older than the known state.

use super::log::{ChangeLog, Place, Record};
use crate::subscriptions::Sign;
use crate::tables::Table;
use std::rc::Rc;

/// The readings in progress, one for each row.
#[derive(Default)]
pub struct Rereads {
    rereads: Vec<Reread>,
}

struct Reread {
    table: &'static Table,
    /// The very `Rc` tells one reading from another of the same row, which may begin after a frame ended the first.
    id: Rc<str>,
    /// What the latest frames said about the row.
    sign: Sign,
    /// When the row was last asked for.
    asked: Place,
}

/// What the answer to a reading is worth.
pub enum Reading {
    /// An own write changed the row in the meantime: the cache is newer, and the row is read once more.
    Outdated,
    /// The answer is newer than the frames that led to it.
    Newer {
        /// What the frames said about the row.
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

    /// Adds what a frame said about a row, if it is being read. Returns whether it is.
    pub fn hear(&mut self, table: &Table, id: &str, sign: &Sign) -> bool {
        let Some(reread) = self.rereads.iter_mut().find(|reread| reread.is_of(table, id)) else {
            return false;
        };
        reread.sign.follow(sign.clone());
        true
    }

    /// The row is asked for. `None` if the reading was ended.
    pub fn ask(&mut self, id: &Rc<str>, asked: Place) -> Option<()> {
        self.find(id)?.asked = asked;
        Some(())
    }

    /// Judges the answer by what was recorded since the row was asked for. Ends the reading with the last word, and
    /// with a failure. `None` if the reading was ended before.
    pub fn answered(&mut self, id: &Rc<str>, log: &ChangeLog, has_failed: bool) -> Option<Reading> {
        let Reread { table, sign, asked, .. } = self.find(id)?;
        let has_since = |is_meant: &dyn Fn(&Record) -> bool| log.has_since(*asked, is_meant);
        let is_row = |other: &Table, other_id: &str| **table == *other && *other_id == **id;
        if has_since(&|record| matches!(record, Record::RowWritten { table, id } if is_row(table, id))) {
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

    /// Ends the reading of this row: a frame said that it is gone.
    pub fn end(&mut self, table: &Table, id: &str) {
        self.rereads.retain(|reread| !reread.is_of(table, id));
    }

    /// Ends all readings.
    pub fn clear(&mut self) {
        self.rereads.clear();
    }

    /// When the oldest answer that is still outstanding was asked for.
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
