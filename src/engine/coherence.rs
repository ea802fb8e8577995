//! Every change goes through here: entries are patched or dropped, then observers are notified.

use super::log::Record;
use super::Engine;
use crate::cache::{is_older, is_variant_of, Change, Patch, Shape, Source};
use crate::data::Data;
use crate::platform::{Event, Platform, Published};
use crate::tables::{Table, AUDIT_LOGS, WORKFLOW_MEMBERS};
use crate::time::MIN_SWEEP_MS;
use futures_channel::oneshot;
use futures_util::future::{select, Either};
use std::pin::pin;
use std::rc::Rc;

impl<P: Platform> Engine<P> {
    /// Applies a change to the cache, and reports it to the other pages of the app. Returns false if an entry already
    /// contains a newer state.
    pub fn apply(self: &Rc<Self>, change: &Change<P::Data>) -> bool {
        self.platform.row_changed(change);
        self.apply_here(change)
    }

    /// Applies a change to the cache, so that it never serves an older state of the row. Returns false if an entry
    /// already contains a newer state.
    pub fn apply_here(self: &Rc<Self>, change: &Change<P::Data>) -> bool {
        let mut is_news = true;
        let change = &self.identified(change);
        let membership = self.own_membership(change);
        {
            let mut state = self.state.borrow_mut();
            state.note(Record::of(change));
            let concerned = state.store.concerned(change).into_iter();
            let patches: Vec<(Rc<str>, Patch<P::Data>)> = concerned
                .map(|(key, entry)| {
                    let patch = change.patch_of(&key, entry);
                    (key, patch)
                })
                .filter(|(_, patch)| !matches!(patch, Patch::Keep))
                .collect();
            for (key, patch) in patches {
                match patch {
                    Patch::Keep => {}
                    Patch::Newer => is_news = false,
                    Patch::Replace(data, is_held) => {
                        let id = change.id.as_deref().unwrap_or_default();
                        state.store.replace(&key, data, id, is_held);
                    }
                    Patch::Drop => {
                        state.store.remove(&key);
                    }
                }
            }
            if change.table.audited {
                let audited = audit_key(change);
                let is_outdated = |key: &str| match &audited {
                    Some(key_of_user) => is_variant_of(key, key_of_user),
                    None => key.starts_with(&AUDIT_LOGS.list_key(&[])) || is_decided_by(change.table, key),
                };
                state.overtake_keys(&is_outdated);
                let outdated: Vec<_> =
                    state.store.other_keys().filter(|key| is_outdated(key)).cloned().collect();
                for key in outdated {
                    state.store.remove(&key);
                }
            }
        }
        self.flush();
        self.announce(change);
        if let Some(membership) = membership {
            self.membership_changed(&membership, change);
        }
        is_news
    }

    /// The change with the application's current row object, if it is equal.
    fn identified(&self, change: &Change<P::Data>) -> Change<P::Data> {
        let mut state = self.state.borrow_mut();
        let Change { table, id, .. } = change;
        let mut same = |row: &P::Data| {
            let known = id.as_deref().and_then(|id| state.store.latest(table, id));
            let is_latest = !known.is_some_and(|known| is_older(row, &known));
            state.store.identified(row.clone(), &Shape::Row(table), is_latest)
        };
        let source = match &change.source {
            Source::Row(row) => Source::Row(same(row)),
            Source::Current(row) => Source::Current(same(row)),
            Source::Deleted(row) => Source::Deleted(row.clone()),
            Source::Unknown => Source::Unknown,
            Source::Lost => Source::Lost,
        };
        Change { table, id: id.clone(), source }
    }

    /// Notifies observers of the row's entry that the row exists. A missing row is not stored, so the store itself
    /// has not changed.
    fn announce(&self, change: &Change<P::Data>) {
        let (Source::Row(row) | Source::Current(row)) = &change.source else { return };
        let Some(key) = change.table.key_of_row(row) else { return };
        self.state.borrow_mut().store.forget_absent(&key);
        let is_missing = self.state.borrow().store.peek(&key).is_none();
        if is_missing {
            self.publish(&key);
        }
    }

    /// The fresh entry under `key`; counts as a use.
    pub fn cached(self: &Rc<Self>, key: &str) -> Option<P::Data> {
        if !self.is_settled() {
            return None;
        }
        self.learn_use();
        let now = self.platform.now();
        let data = self.state.borrow_mut().store.get(key, now).map(|(entry, _)| entry.data.clone());
        self.flush();
        data
    }

    /// Stores `data` from the application under `key`. Responses to earlier requests do not overwrite it.
    pub fn set(self: &Rc<Self>, key: &str, data: P::Data, ttl_ms: Option<f64>) {
        self.learn_use();
        {
            let now = self.platform.now();
            let mut state = self.state.borrow_mut();
            state.overtake_keys(&|candidate| candidate == key);
            state.store.put(key, data, Shape::Foreign, ttl_ms, now);
        }
        self.flush();
    }

    /// Drops `key` and its variants. Responses to earlier requests are not stored.
    pub fn invalidate(self: &Rc<Self>, key: &str) {
        self.invalidate_where(&|candidate| is_variant_of(candidate, key));
    }

    /// Drops the keys for which `picked` is true. Responses to earlier requests are not stored.
    pub fn invalidate_where(self: &Rc<Self>, picked: &dyn Fn(&str) -> bool) {
        {
            let mut state = self.state.borrow_mut();
            state.overtake_keys(picked);
            state.store.remove_where(&|key, _| picked(key));
        }
        self.flush();
    }

    /// Drops expired entries.
    fn sweep(self: &Rc<Self>) {
        let now = self.platform.now();
        self.state.borrow_mut().store.sweep(now);
        self.flush();
    }

    /// Handles clocks that may have drifted apart, because the machine slept or a clock was set: drops expired
    /// entries and publishes the remaining lifetime of the others.
    pub fn clocks_changed(self: &Rc<Self>) {
        self.sweep();
        self.publish_all();
    }

    /// Notifies observers of all entries that have changed since the last call.
    pub(super) fn flush(self: &Rc<Self>) {
        loop {
            let mut keys = self.state.borrow_mut().store.take_updates();
            if keys.is_empty() {
                break;
            }
            keys.dedup();
            for key in keys {
                let is_stored = self.state.borrow().store.peek(&key).is_some();
                let event =
                    if is_stored { Event::Stored { key: &key } } else { Event::Dropped { key: &key } };
                self.publish(&key);
                self.platform.event(event);
            }
        }
        self.schedule_sweep();
    }

    /// Publishes the current entry under `key` to the copies.
    pub(super) fn publish(&self, key: &str) {
        let published = {
            let state = self.state.borrow();
            let stale_ms = state.settings.cache.stale_ms.unwrap_or(f64::INFINITY);
            state.store.peek(key).filter(|_| state.auth.is_settled()).map(|entry| {
                let now = self.platform.now();
                let limit_ms = entry.ttl_ms.min(stale_ms);
                // The wall clock may have been changed since.
                let left_ms = limit_ms - (now.monotonic_ms - entry.stored.monotonic_ms);
                let until_wall_ms = (entry.stored.wall_ms + limit_ms).min(now.wall_ms + left_ms);
                Published { data: entry.data.clone(), until_wall_ms, slot: entry.slot }
            })
        };
        self.platform.entry_changed(key, published);
    }

    pub(super) fn publish_all(self: &Rc<Self>) {
        for key in self.keys() {
            self.publish(&key);
        }
    }

    /// Keeps a timer for the entry that expires first.
    fn schedule_sweep(self: &Rc<Self>) {
        let (sender, cancelled) = oneshot::channel();
        let wait_ms = {
            let mut state = self.state.borrow_mut();
            let expiry_ms = state.store.next_expiry_ms();
            if expiry_ms.is_infinite() {
                state.sweeper = None;
                return;
            }
            let now_ms = self.platform.now().monotonic_ms;
            let due_ms = expiry_ms.max(now_ms + MIN_SWEEP_MS);
            if state.sweeper.as_ref().is_some_and(|(planned_ms, _)| *planned_ms <= due_ms) {
                return;
            }
            state.sweeper = Some((due_ms, sender));
            due_ms - now_ms
        };
        let timer = self.platform.sleep_in_background(wait_ms);
        let engine = Rc::downgrade(self);
        self.platform.spawn(async move {
            if let Either::Left(_) = select(pin!(timer), cancelled).await {
                if let Some(engine) = engine.upgrade() {
                    engine.state.borrow_mut().sweeper = None;
                    engine.sweep();
                }
            }
        });
    }
}

/// Whether the key is that of a list that depends on rows of `table` without containing them.
fn is_decided_by(table: &Table, key: &str) -> bool {
    table.other_keys.iter().any(|format| key.starts_with(format.prefix))
}

/// The key of the audit log that a change makes outdated. `None` if any log may be outdated: the row's user is unknown,
/// or the change concerns a member and is recorded in the log of the workflow's owner.
fn audit_key<D: Data>(change: &Change<D>) -> Option<String> {
    if *change.table == WORKFLOW_MEMBERS {
        return None;
    }
    match &change.source {
        Source::Row(row) | Source::Current(row) | Source::Deleted(Some(row)) => {
            row.column("user_id").text().map(|user| AUDIT_LOGS.list_key(&[user]))
        }
        _ => None,
    }
}
