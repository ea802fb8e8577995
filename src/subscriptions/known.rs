//! The rows that one subscription knows: as last reported to its handlers, or as they were when it was opened.

use crate::data::{Data, Difference, Holders, Index};
use crate::time::timestamp;

/// The rows that one subscription knows, by id.
///
/// `knowers` is the index of which subscriptions know a row. Every method that adds or removes rows updates it under
/// the subscription's `number`.
pub struct KnownRows<D: Data> {
    number: u32,
    rows: D::Index,
    /// The rows reported to handlers. A frame may report a row that the first read contained but that was never
    /// reported to a handler.
    told: D::Index,
    /// For an append-only table, the latest `created_at` reported.
    watermark: Option<String>,
    /// For an append-only table, rows to forget next: those up to `older_until`.
    older: D::Index,
    older_until: Option<String>,
}

impl<D: Data> KnownRows<D> {
    /// Creates an empty set.
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

    /// The row in its known state.
    pub fn get(&self, id: &str) -> Option<D> {
        self.rows.get(id)
    }

    /// Whether the row is one of those to forget next.
    pub fn is_older(&self, id: &str) -> bool {
        self.older_until.is_some() && self.older.get(id).is_some()
    }

    /// Whether the row was reported and still exists.
    pub fn was_told(&self, id: &str) -> bool {
        self.told.get(id).is_some()
    }

    /// Records the row's new state; `old` is the previous one.
    pub fn put(&mut self, id: &str, old: Option<&D>, row: &D, knowers: &mut D::Holders) {
        if old.is_none() {
            knowers.set(self.number, id, true);
        }
        self.rows.put(id, row);
    }

    /// Records that the row was reported in this state.
    pub fn tell(&mut self, id: &str, row: &D) {
        self.told.put(id, row);
    }

    /// Removes the row. Returns its last known state.
    pub fn take(&mut self, id: &str, knowers: &mut D::Holders) -> Option<D> {
        self.told.remove(id);
        let old = self.rows.remove(id).or_else(|| self.older.remove(id))?;
        knowers.set(self.number, id, false);
        Some(old)
    }

    /// The differences between the known rows and the list `fresh`.
    pub fn differences(&self, fresh: &D) -> Vec<Difference<D>> {
        self.rows.differences(fresh)
    }

    /// Forgets all rows.
    pub fn clear(&mut self, knowers: &mut D::Holders) {
        for index in [&self.rows, &self.older] {
            forget::<D>(self.number, index, knowers);
        }
        (self.rows, self.told, self.older) = Default::default();
    }

    /// Where to continue reading an append-only table.
    pub fn overlap(&self) -> Option<String> {
        overlap(self.watermark.as_deref()?)
    }

    /// Records the `created_at` of a reported row of an append-only table.
    pub fn note_time(&mut self, row: &D) {
        if let Some(time) = row.column("created_at").text() {
            if self.watermark.as_deref().is_none_or(|latest| latest < time) {
                self.watermark = Some(time.to_owned());
            }
        }
    }

    /// Forgets rows that no read will return again: once the rows set aside earlier are older than the start of the
    /// next read, they are dropped and the current ones are set aside. Must not be called during a read, which may have
    /// started further back.
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

/// Removes the subscription from the index for these rows.
fn forget<D: Data>(number: u32, rows: &D::Index, knowers: &mut D::Holders) {
    for difference in rows.differences(&D::list(&[])) {
        if let Some(id) = difference.id() {
            knowers.set(number, &id, false);
        }
    }
}

/// Where to continue reading an append-only table: a minute before the latest known row, because rows contain the start
/// time of their transaction.
pub fn overlap(latest: &str) -> Option<String> {
    timestamp::normalize(&[latest, "+00:01"].concat())
}
