//! Which entries of the cache are stored, and which are removed from the disk.

use super::json::{list, object, Json, Object};
use crate::error::Error;
use crate::json::json_text;
use crate::time::{MAX_CLOCK_ERROR_MS, SHELF_BATCH_MS};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Collects the keys of changed and used entries into batches. Each batch is stored in one transaction.
#[derive(Debug, Default)]
pub struct Shelf {
    /// The keys, sorted. Each with `true` if the entry changed, and `false` if it was only used.
    notes: Vec<(String, bool)>,
}

/// The keys of the entries in a batch.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    /// Entries that changed or were removed from the cache.
    pub changed: Vec<String>,
    /// Entries that were used but did not change.
    pub used: Vec<String>,
}

impl Shelf {
    /// Adds an entry that changed. For the first entry of a batch, returns the milliseconds until the batch is due.
    pub fn changed(&mut self, key: &str) -> Option<f64> {
        self.note(key, true)
    }

    /// Adds an entry that was used. Returns the same as [`Shelf::changed`].
    pub fn used(&mut self, key: &str) -> Option<f64> {
        self.note(key, false)
    }

    /// Ends the batch and returns it. Later entries belong to the next batch.
    pub fn take(&mut self) -> Batch {
        let mut batch = Batch::default();
        for (key, is_changed) in self.notes.drain(..) {
            let keys = if is_changed { &mut batch.changed } else { &mut batch.used };
            keys.push(key);
        }
        batch
    }

    fn note(&mut self, key: &str, is_changed: bool) -> Option<f64> {
        let is_first = self.notes.is_empty();
        match self.notes.binary_search_by(|(own, _)| own.as_str().cmp(key)) {
            Ok(index) => self.notes[index].1 |= is_changed,
            Err(index) => self.notes.insert(index, (key.to_owned(), is_changed)),
        }
        is_first.then_some(SHELF_BATCH_MS)
    }
}

impl Batch {
    /// `{ changed, used }`.
    pub fn json(&self) -> String {
        object([("changed", texts(&self.changed)), ("used", texts(&self.used))])
    }
}

fn texts<T: AsRef<str>>(texts: &[T]) -> String {
    list(texts.iter().map(|text| json_text(text.as_ref())))
}

/// A stored entry, without its content.
struct Shelved {
    key: String,
    bytes: u64,
    stored_at: u64,
    used_at: u64,
}

impl Shelved {
    fn parse(json: Json) -> Option<Self> {
        let entry = json.object()?;
        Some(Self {
            key: entry.text("key")?,
            bytes: entry.whole("bytes")?,
            stored_at: entry.whole("storedAt")?,
            used_at: entry.whole("usedAt")?,
        })
    }
}

/// How much may be stored, and for how long.
struct Limits {
    max_bytes: u64,
    max_age_ms: u64,
    now: u64,
}

/// Returns the keys of the entries to remove: those that are too old, then the least recently used, until the others fit.
/// Arguments and result are JSON.
///
/// ```
/// let entries = r#"[{"key":"a","bytes":60,"storedAt":1,"usedAt":9},{"key":"b","bytes":60,"storedAt":1,"usedAt":5}]"#;
/// let limits = r#"{"maxBytes":100,"maxAgeMs":1000,"now":10}"#;
/// assert_eq!(workflow_db::offline::evict(entries, limits).unwrap(), r#"["b"]"#);
/// ```
pub fn evict(entries: &str, limits: &str) -> Result<String, Error> {
    let parsed = Json::parse(entries).and_then(Json::items);
    let entries: Option<Vec<Shelved>> =
        parsed.and_then(|entries| entries.into_iter().map(Shelved::parse).collect());
    let entries = entries.ok_or_else(|| Error::invalid("entries", "stored entries"))?;
    let limits = Limits::parse(limits).ok_or_else(|| Error::invalid("limits", "limits"))?;
    let mut evicted: Vec<&str> = Vec::new();
    let mut bytes = 0_u64;
    let mut oldest = BinaryHeap::new();
    for (index, entry) in entries.iter().enumerate() {
        if limits.is_expired(entry) {
            evicted.push(&entry.key);
        } else {
            bytes = bytes.saturating_add(entry.bytes);
            // An entry that was used while the clock was ahead must not stay forever.
            oldest.push(Reverse((entry.used_at.min(limits.now), index)));
        }
    }
    while bytes > limits.max_bytes {
        let Some(Reverse((_, index))) = oldest.pop() else {
            break;
        };
        bytes -= entries[index].bytes;
        evicted.push(&entries[index].key);
    }
    Ok(texts(&evicted))
}

impl Limits {
    fn parse(json: &str) -> Option<Self> {
        let limits = Object::parse(json)?;
        Some(Self {
            max_bytes: limits.whole("maxBytes")?,
            max_age_ms: limits.whole("maxAgeMs")?,
            now: limits.whole("now")?,
        })
    }

    /// Whether it was stored too long ago, or by a clock that was far ahead.
    fn is_expired(&self, entry: &Shelved) -> bool {
        entry.stored_at.saturating_add(self.max_age_ms) < self.now
            || entry.stored_at > self.now.saturating_add(MAX_CLOCK_ERROR_MS)
    }
}
