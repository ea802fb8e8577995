//! What one subscription knows of its rows: as its handlers were told of them last, or as they were when it was opened.

use crate::data::{Data, Difference, Holders, Index};
use crate::time::timestamp;

/// The rows that one subscription knows, by id.
///
/// `knowers` says of every row which subscriptions know it. Each method that changes which rows those are keeps it right, under
/// the subscription's `number`.
pub struct KnownRows<D: Data> {
    number: u32,
    rows: D::Index,
    /// The rows that were told of. A frame may tell of what the first reading saw already, and no handler heard of.
    told: D::Index,
    /// Of a table that only grows, the latest `created_at` that was told.
    watermark: Option<String>,
    /// Of such a table, rows that are about to be forgotten: those up to `older_until`.
    older: D::Index,
    older_until: Option<String>,
}

impl<D: Data> KnownRows<D> {
    /// None yet.
    pub fn new(number: u32) -> Self {
        Self {
            number,
            rows: D::Index::default(),
            told: D::Index::default(),
            watermark: None,
            older: D::Index::default(),
            older_until: None,
        }
    }

    /// The row as it is known.
    pub fn get(&self, id: &str) -> Option<D> {
        self.rows.get(id)
    }

    /// Whether the row is one of those that are about to be forgotten.
    pub fn is_older(&self, id: &str) -> bool {
        self.older_until.is_some() && self.older.get(id).is_some()
    }

    /// Whether the row was told of, and is there.
    pub fn was_told(&self, id: &str) -> bool {
        self.told.get(id).is_some()
    }

    /// The row, which was known as `old`, is like this.
    pub fn put(&mut self, id: &str, old: Option<&D>, row: &D, knowers: &mut D::Holders) {
        if old.is_none() {
            knowers.set(self.number, id, true);
        }
        self.rows.put(id, row);
    }

    /// The row is told of, as it is known.
    pub fn tell(&mut self, id: &str, row: &D) {
        self.told.put(id, row);
    }

    /// The row is not there any more. As it was, if it was known.
    pub fn take(&mut self, id: &str, knowers: &mut D::Holders) -> Option<D> {
        self.told.remove(id);
        let old = self.rows.remove(id).or_else(|| self.older.remove(id))?;
        knowers.set(self.number, id, false);
        Some(old)
    }

    /// What is known and what is in the list `fresh` instead.
    pub fn differences(&self, fresh: &D) -> Vec<Difference<D>> {
        self.rows.differences(fresh)
    }

    /// Forgets every row.
    pub fn clear(&mut self, knowers: &mut D::Holders) {
        for index in [&self.rows, &self.older] {
            forget::<D>(self.number, index, knowers);
        }
        (self.rows, self.told, self.older) = Default::default();
    }

    /// Where to read on from in a table that only grows.
    pub fn overlap(&self) -> Option<String> {
        overlap(self.watermark.as_deref()?)
    }

    /// The table only grows, and this row of it was told.
    pub fn note_time(&mut self, row: &D) {
        if let Some(time) = row.column("created_at").text() {
            if self.watermark.as_deref().is_none_or(|latest| latest < time) {
                self.watermark = Some(time.to_owned());
            }
        }
    }

    /// Forgets rows that no reading brings again: all that are known are put aside once those put aside before are older
    /// than where the next reading begins. Not to be called while one is under way, which may have begun further back.
    pub fn forget_older(&mut self, knowers: &mut D::Holders) {
        if self.watermark.is_none() || (self.older_until.is_some() && self.older_until >= self.overlap()) {
            return;
        }
        if self.older_until.is_some() {
            forget::<D>(self.number, &self.older, knowers);
            self.older = std::mem::take(&mut self.rows);
            self.told = D::Index::default();
        }
        self.older_until.clone_from(&self.watermark);
    }
}

/// The subscription does not know these rows any more.
fn forget<D: Data>(number: u32, rows: &D::Index, knowers: &mut D::Holders) {
    for difference in rows.differences(&D::list(&[])) {
        if let Some(id) = difference.id() {
            knowers.set(number, &id, false);
        }
    }
}

/// Where to read on from in a table that only grows: a minute before the latest row known, because a transaction's rows
/// carry the time of its start.
pub fn overlap(latest: &str) -> Option<String> {
    timestamp::normalize(&[latest, "+00:01"].concat())
}
