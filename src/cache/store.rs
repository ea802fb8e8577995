//! The cached entries in the order of their use, each with a lifetime.

use super::entry::{CacheConfig, Entry, Freshness, Shape, Stats};
use super::index::EntryIndex;
use super::keys::{is_variant_of, parts_of_relations, relations_key};
use super::patch::{Change, Patch};
use crate::data::{Data, Identities, Member};
use crate::query::Query;
use crate::tables::{Table, RELATIONS};
use crate::time::Moment;
use lru::LruCache;
use std::rc::Rc;

/// Suffix of the table's name for rows without the table's secret column.
const PUBLIC: &str = "?public";

/// How many keys of missing rows are remembered.
const MAX_ABSENT: usize = 100;

/// Entries by key, in the order of their last use.
///
/// Methods that depend on time take it as a parameter. Changed keys are collected until [`Store::take_updates`], so
/// that copies and observers can follow.
pub struct Store<D: Data> {
    config: CacheConfig,
    entries: LruCache<Rc<str>, Entry<D>, fnv::FnvBuildHasher>,
    slots: Vec<Option<Rc<str>>>,
    free_slots: Vec<u32>,
    index: EntryIndex<D>,
    updates: Vec<Rc<str>>,
    stats: Stats,
    identities: D::Identities,
    /// No entry expires before this (monotonic milliseconds).
    next_expiry_ms: f64,
    /// Keys of rows that the server did not have, the latest last.
    absent: Vec<Rc<str>>,
}

impl<D: Data> Default for Store<D> {
    fn default() -> Self {
        Self {
            config: CacheConfig::default(),
            entries: LruCache::unbounded_with_hasher(fnv::FnvBuildHasher::default()),
            slots: Vec::new(),
            free_slots: Vec::new(),
            index: EntryIndex::default(),
            updates: Vec::new(),
            stats: Stats::default(),
            identities: D::Identities::default(),
            next_expiry_ms: f64::INFINITY,
            absent: Vec::new(),
        }
    }
}

impl<D: Data> Store<D> {
    /// Changes the limits. Entries beyond a smaller size are evicted immediately.
    pub fn configure(&mut self, config: CacheConfig) {
        self.config = config;
        self.evict();
    }

    /// The limits.
    pub fn config(&self) -> CacheConfig {
        self.config
    }

    /// The entry under `key` if it is fresh at `now`, marked as used. An expired entry is removed.
    pub fn get(&mut self, key: &str, now: Moment) -> Option<(&Entry<D>, Freshness)> {
        let age = self.entries.peek(key).map(|entry| (entry.age(now), entry.ttl_ms));
        match age {
            None => {
                self.stats.misses += 1.0;
                None
            }
            Some((age, ttl)) if age >= ttl => {
                self.stats.misses += 1.0;
                self.stats.expirations += 1.0;
                self.remove(key);
                None
            }
            Some((age, _)) => {
                self.stats.hits += 1.0;
                self.touch(key);
                let stale = self.config.stale_ms.is_some_and(|limit| age >= limit);
                let freshness = if stale { Freshness::Stale } else { Freshness::Fresh };
                self.entries.peek(key).map(|entry| (entry, freshness))
            }
        }
    }

    /// The entry under `key` regardless of its age, without marking it as used.
    pub fn peek(&self, key: &str) -> Option<&Entry<D>> {
        self.entries.peek(key)
    }

    /// Whether the entry under `key` is fresh at `now`, without marking it as used.
    pub fn is_fresh(&self, key: &str, now: Moment) -> bool {
        self.entries.peek(key).is_some_and(|entry| entry.age(now) < entry.ttl_ms)
    }

    /// Stores `data` under `key` as the most recently used entry, for `ttl_ms` or the default lifetime.
    ///
    /// The previous entry is replaced, but rows that are equal keep their identity.
    pub fn put(&mut self, key: &str, data: D, shape: Shape, ttl_ms: Option<f64>, now: Moment) {
        let data = self.identified(data, &shape, true);
        let data = match (self.entries.peek(key), &shape) {
            // Entries set by the application can contain anything, so they are not compared.
            (Some(Entry { shape: Shape::Foreign, .. }) | None, _) | (_, Shape::Foreign) => data,
            (Some(old), _) => old.data.reuse(data),
        };
        let entry = Entry {
            data,
            shape,
            stored: now,
            ttl_ms: ttl_ms.unwrap_or(self.config.default_ttl_ms),
            slot: self.slot_of(key),
        };
        self.next_expiry_ms = self.next_expiry_ms.min(now.monotonic_ms + entry.ttl_ms);
        self.forget_absent(key);
        let key: Rc<str> = key.into();
        self.slots[entry.slot as usize] = Some(key.clone());
        self.index.replace(entry.slot, self.entries.peek(&*key), Some(&entry));
        self.entries.put(key.clone(), entry);
        self.changed(key);
        self.evict();
    }

    /// Returns `data` with each row replaced by an equal row object that the application may still reference. With
    /// `is_latest`, the rows are remembered for comparison with later ones.
    pub fn identified(&mut self, data: D, shape: &Shape, is_latest: bool) -> D {
        let kind = |query: &Query| [query.table.name, if query.is_public { PUBLIC } else { "" }].concat();
        match shape {
            Shape::Row(table) => self.identities.same(table.name, data, is_latest),
            Shape::List(query) => self.identities.same(&kind(query), data, is_latest),
            Shape::Page(query) => match data.child("data") {
                Some(rows) => {
                    let rows = self.identities.same(&kind(query), rows, is_latest);
                    D::object(Some(&data), &[], &[("data", Member::Data(&rows))])
                }
                None => data,
            },
            Shape::Relations => self.identities.same(RELATIONS, data, is_latest),
            // It can contain anything.
            Shape::Foreign => data,
        }
    }

    /// The latest known state of a row, while it is referenced anywhere.
    pub fn latest(&self, table: &Table, id: &str) -> Option<D> {
        self.identities.latest(table.name, id)
    }

    /// Drops all entries and all row identities, because they belong to another user.
    pub fn forget(&mut self) {
        self.remove_where(&|_, _| true);
        self.identities = D::Identities::default();
        self.absent.clear();
    }

    /// Remembers that the server has no row for `key`, until it is known to have one.
    pub fn note_absent(&mut self, key: &str) {
        self.forget_absent(key);
        if self.absent.len() == MAX_ABSENT {
            self.absent.remove(0);
        }
        self.absent.push(key.into());
    }

    /// Whether the server did not have the row when it was last asked for it, as far as is remembered.
    pub fn was_absent(&self, table: &Table, row: &D) -> bool {
        let is_absent = |key: String| self.absent.iter().any(|own| **own == *key);
        !self.absent.is_empty() && table.key_of_row(row).is_some_and(is_absent)
    }

    /// Forgets that the server had no row for `key`.
    pub fn forget_absent(&mut self, key: &str) {
        self.absent.retain(|absent| **absent != *key);
    }

    /// Replaces the data under `key` after the row `id` changed. Keeps the entry's age, because the change says nothing
    /// about its other rows. `is_held` states whether the entry contains the row now.
    pub fn replace(&mut self, key: &str, data: D, id: &str, is_held: bool) {
        if let Some(entry) = self.entries.peek_mut(key) {
            entry.data = data;
            self.index.set_held(entry.slot, id, is_held);
            self.changed(key.into());
        }
    }

    /// The entries that the change may affect, and possibly others.
    pub fn concerned(&self, change: &Change<D>) -> Vec<(Rc<str>, &Entry<D>)> {
        let slots = self.index.concerned(change);
        let is_known = slots.is_some();
        let in_slots = slots.into_iter().flatten().filter_map(|slot| self.in_slot(slot));
        let mut concerned: Vec<_> = in_slots.map(|(key, entry)| (key.clone(), entry)).collect();
        // A delete affects entries of the tables that it cascades to.
        let is_concerned = |entry: &Entry<D>| match &entry.shape {
            Shape::Row(table) => !is_known && *table == change.table || change.may_cascade_to(table),
            Shape::List(query) | Shape::Page(query) => {
                !is_known && query.table == change.table || change.may_cascade_to(query.table)
            }
            Shape::Relations => false,
            Shape::Foreign => !is_known,
        };
        if !is_known || change.cascades() {
            let entries = self.entries.iter().filter(|(_, entry)| is_concerned(entry));
            concerned.extend(entries.map(|(key, entry)| (key.clone(), entry)));
        }
        debug_assert!(
            self.entries.iter().all(|(key, entry)| {
                concerned.iter().any(|(known, _)| known == key)
                    || matches!(change.patch_of(key, entry), Patch::Keep)
            }),
            "an entry that the index does not know of"
        );
        concerned
    }

    /// The row with this id, from any entry that contains it.
    pub fn row(&self, table: &Table, id: &str) -> Option<D> {
        self.index.holders_of(id).into_iter().find_map(|slot| {
            let (_, entry) = self.in_slot(slot)?;
            match &entry.shape {
                Shape::Row(own) if **own == *table => Some(entry.data.clone()),
                Shape::List(query) if *query.table == *table && !query.is_public => {
                    Some(entry.data.item(entry.data.position(id)?))
                }
                _ => None,
            }
        })
    }

    /// The keys of the entries that are neither a row nor a complete list of one parent's rows.
    pub fn other_keys(&self) -> impl Iterator<Item = &Rc<str>> {
        self.index.others().iter().filter_map(|slot| Some(self.in_slot(*slot)?.0))
    }

    /// The entry in this slot, and its key.
    fn in_slot(&self, slot: u32) -> Option<(&Rc<str>, &Entry<D>)> {
        let key = self.slots.get(slot as usize)?.as_ref()?;
        Some((key, self.entries.peek(key)?))
    }

    /// Removes the entry under `key`. Returns whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        let Some((key, entry)) = self.entries.pop_entry(key) else {
            return false;
        };
        self.index.replace(entry.slot, Some(&entry), None);
        self.free(entry.slot);
        self.changed(key);
        true
    }

    /// Removes the entry under `key` and its variants.
    pub fn invalidate(&mut self, key: &str) {
        self.remove_where(&|candidate, _| is_variant_of(candidate, key));
    }

    /// Removes the entries for which `condemned` is true.
    pub fn remove_where(&mut self, condemned: &dyn Fn(&str, &Entry<D>) -> bool) {
        let keys: Vec<Rc<str>> = self
            .entries
            .iter()
            .filter(|(key, entry)| condemned(key, entry))
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.remove(&key);
        }
    }

    /// Removes the entries that are expired at `now`.
    pub fn sweep(&mut self, now: Moment) {
        let before = self.entries.len();
        self.remove_where(&|_, entry| entry.age(now) >= entry.ttl_ms);
        #[allow(clippy::cast_precision_loss, reason = "entries are counted in thousands")]
        let removed = (before - self.entries.len()) as f64;
        self.stats.expirations += removed;
        let left_ms = self.entries.iter().map(|(_, entry)| entry.left_ms(now));
        self.next_expiry_ms = now.monotonic_ms + left_ms.fold(f64::INFINITY, f64::min);
    }

    /// When to sweep next (monotonic milliseconds): no entry expires earlier, unless the wall clock is set forward.
    /// Infinity: never.
    pub fn next_expiry_ms(&self) -> f64 {
        self.next_expiry_ms
    }

    /// Marks the entries in these slots as recently used, in this order, because copies of them answered reads.
    pub fn touch_slots(&mut self, slots: &[u32]) {
        for slot in slots {
            if let Some(Some(key)) = self.slots.get(*slot as usize).cloned() {
                self.touch(&key);
            }
        }
    }

    /// Marks the entry as the most recently used, and with it the entries that it was composed from.
    fn touch(&mut self, key: &str) {
        for part in parts_of_relations(key).iter().flatten() {
            self.entries.promote(part.as_str());
        }
        self.entries.promote(key);
    }

    /// The entries, most recently used first.
    pub fn iter(&self) -> impl Iterator<Item = (&Rc<str>, &Entry<D>)> {
        self.entries.iter()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The counters.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The keys whose entries changed or were removed since the last call, in order.
    pub fn take_updates(&mut self) -> Vec<Rc<str>> {
        std::mem::take(&mut self.updates)
    }

    /// Records that `key` changed, and drops the entry that was composed from it.
    fn changed(&mut self, key: Rc<str>) {
        if let Some(relations) = relations_key(&key) {
            self.remove(&relations);
        }
        self.updates.push(key);
    }

    fn evict(&mut self) {
        while self.entries.len() > self.config.max_size {
            let Some((key, entry)) = self.entries.pop_lru() else {
                return;
            };
            self.stats.evictions += 1.0;
            self.index.replace(entry.slot, Some(&entry), None);
            self.free(entry.slot);
            self.changed(key);
        }
    }

    fn slot_of(&mut self, key: &str) -> u32 {
        if let Some(entry) = self.entries.peek(key) {
            return entry.slot;
        }
        self.free_slots.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn free(&mut self, slot: u32) {
        self.slots[slot as usize] = None;
        self.free_slots.push(slot);
    }
}
