//! A gap: reads a subscription's scope and applies each difference as a change.
//!
//! A scope is read when it is opened, which sets the state that its handlers start from. It is read again each time
//! the server confirms that it delivers changes from then on, because changes committed before that were not sent to anyone.

use super::call::Sent;
use super::log::{Place, Record};
use super::rereads::Rereads;
use super::Engine;
use crate::cache::{Change, Source};
use crate::data::{Data, Difference};
use crate::error::Error;
use crate::flows::ScopeFlow;
use crate::platform::Platform;
use crate::realtime::ChangeKind;
use crate::subscriptions::{
    cached_differences, decides_about, outdated_list, outdated_pages, Extent, Notice, Reading, Selection,
    Status,
};
use crate::tables::Table;
use crate::time::{jittered, RESYNC_BACKOFF};
use futures_util::future::{select, Either, FutureExt};
use std::pin::pin;
use std::rc::Rc;

/// Maximum scopes read at a time. Starting hundreds of requests in one task would block the page and delay the
/// application's own requests.
const MAX_READINGS: usize = 20;

/// The rows of a scope; `None` if there are too many to compare.
type ScopeRows<D> = Result<Option<D>, Error>;

impl<P: Platform> Engine<P> {
    /// Handles that the subscription may have missed changes.
    pub(super) fn look_for_gap(self: &Rc<Self>, number: u32) {
        let is_too_large = {
            let state = self.state.borrow();
            state
                .live
                .subscriptions
                .get(number)
                .is_some_and(|subscription| subscription.extent == Extent::Unknown)
        };
        if is_too_large {
            self.give_up_comparing(number);
        }
        // Read even a scope that was too large: it may have become smaller.
        self.read_scope(number);
    }

    /// Reads the subscription's rows as soon as fewer than the maximum of scopes are being read. If they are being
    /// read already, reads them once more afterwards.
    pub(super) fn read_scope(self: &Rc<Self>, number: u32) {
        let (selection, extent, since, asked) = {
            let mut state = self.state.borrow_mut();
            let has_room = state.live.subscriptions.readings() < MAX_READINGS;
            let Some(subscription) = state.live.subscriptions.get_mut(number) else { return };
            subscription.retry_ms = None;
            match subscription.reading {
                Reading::UnderWay => {
                    subscription.reading = Reading::Outdated;
                    return;
                }
                Reading::Outdated | Reading::Superseded => return,
                Reading::Idle | Reading::Waiting if !has_room => {
                    subscription.reading = Reading::Waiting;
                    return;
                }
                Reading::Idle | Reading::Waiting => subscription.begin_reading(self.platform.now()),
            }
            let (selection, extent, since) =
                (subscription.selection.clone(), subscription.extent, subscription.overlap());
            (selection, extent, since, state.log.place())
        };
        let (engine, epoch) = (self.clone(), self.epoch());
        self.platform.spawn(async move {
            let mut flow = ScopeFlow::new(selection.query(), extent, since);
            let (timeout_ms, sent) = (engine.settings().timeout_ms, Sent::default());
            let work = pin!(engine.run(&mut flow, timeout_ms, &sent).boxed_local());
            let landed = match select(work, pin!(epoch.ended())).await {
                // The epoch may have ended just as the response arrived.
                Either::Left((rows, _)) if epoch.end().is_none() => rows,
                _ => return,
            };
            engine.scope_landed(number, landed, asked);
            let waiting = engine.state.borrow().live.subscriptions.waiting();
            if let Some(waiting) = waiting {
                engine.read_scope(waiting);
            }
            engine.drive();
        });
    }

    fn scope_landed(self: &Rc<Self>, number: u32, rows: ScopeRows<P::Data>, asked: Place) {
        let now_ms = self.platform.now().monotonic_ms;
        let (reading, was_too_large) = {
            let mut state = self.state.borrow_mut();
            let Some(subscription) = state.live.subscriptions.get_mut(number) else { return };
            if rows.is_err() {
                // Retry after any error: the server may accept the request later.
                let wait_ms = RESYNC_BACKOFF.wait_ms(subscription.failures);
                subscription.retry_ms = Some(now_ms + jittered(wait_ms, self.platform.random()));
                subscription.failures += 1;
            } else {
                subscription.confirm(self.platform.random());
            }
            (
                std::mem::replace(&mut subscription.reading, Reading::Idle),
                subscription.extent == Extent::Unknown,
            )
        };
        let mut again = matches!(reading, Reading::Outdated | Reading::Superseded);
        match rows {
            Ok(Some(_)) if reading == Reading::Superseded => {}
            Ok(Some(rows)) => again = self.compare(number, &rows, asked, again),
            Ok(None) => {
                // If it was too large, each gap was reported when it was noticed.
                if !was_too_large {
                    self.give_up_comparing(number);
                }
                again = false;
            }
            Err(_) => {}
        }
        if again {
            self.read_scope(number);
        }
    }

    /// Applies and reports the differences between `rows` and the known state. Returns whether to read the scope once
    /// more.
    fn compare(self: &Rc<Self>, number: u32, rows: &P::Data, asked: Place, again: bool) -> bool {
        let Some(ScopeComparison { selection, found, again, misses_membership }) =
            self.found(number, rows, again)
        else {
            return false;
        };
        self.overtake_earlier(&selection, asked);
        let table = selection.table;
        for ScopeDifference { difference, .. } in &found {
            let source = match &difference.new {
                Some(row) => Source::Current(row.clone()),
                None => Source::Deleted(difference.old.clone()),
            };
            let id = difference.id();
            self.apply(&Change { table, id, source });
        }
        self.flush();
        if misses_membership {
            self.look_at_workflows(true);
        }
        let mut state = self.state.borrow_mut();
        for ScopeDifference { difference: Difference { old, new }, .. } in
            found.into_iter().filter(|found| found.is_told)
        {
            let (kind, row, old) = match (old, new) {
                (old, Some(row)) => {
                    (if old.is_some() { ChangeKind::Update } else { ChangeKind::Insert }, row, old)
                }
                (Some(row), None) => (ChangeKind::Delete, row.clone(), Some(row)),
                (None, None) => continue,
            };
            state.live.tell(number, Notice::Row { kind, row, old, commit_timestamp: None });
        }
        again
    }

    /// Handles a comparison: responses to earlier requests may contain states that it shows to be old.
    fn overtake_earlier(&self, selection: &Selection, asked: Place) {
        let mut state = self.state.borrow_mut();
        state.note(Record::ScopeRead { table: selection.table, asked });
        for key in state.reads.keys().into_iter().filter(|key| decides_about(selection, key)) {
            state.note(Record::Stored { key, asked });
        }
    }

    /// The rows that handlers have not been notified of, and those that are cached in another state. Handlers are
    /// also notified of the latter until the subscription has caught up for the first time, because that is the state
    /// that the application has seen.
    fn found(&self, number: u32, rows: &P::Data, again: bool) -> Option<ScopeComparison<P::Data>> {
        let mut state = self.state.borrow_mut();
        let selection = state.live.subscriptions.get(number)?.selection.clone();
        let mut cached = cached_differences(&state.store, &selection, rows);
        cached.retain(|difference| !is_told_gone(&state.live.rereads, selection.table, difference));
        let outdated = outdated_pages(&state.store, &selection, rows);
        let list = outdated_list(&state.store, &selection, rows);
        let is_about_memberships = list.is_some() && selection.filter.is_none();
        for key in outdated.into_iter().chain(list) {
            state.store.remove(&key);
        }
        let (news, is_doubtful) = state.live.subscriptions.take_rows(number, rows);
        let subscription = state.live.subscriptions.get_mut(number)?;
        let again = again || is_doubtful;
        let ids: Vec<_> = news.iter().map(Difference::id).collect();
        let is_told = !subscription.is_caught_up;
        subscription.is_caught_up =
            subscription.is_caught_up || (subscription.status == Status::Live && !again);
        let mut found: Vec<_> =
            news.into_iter().map(|difference| ScopeDifference { difference, is_told: true }).collect();
        for difference in cached {
            let id = difference.id();
            let is_touched = id.as_deref().is_some_and(|id| subscription.is_touched(id));
            if !is_touched && !ids.contains(&id) {
                // A row that handlers know is not reported again because a list lacks it.
                let was_told =
                    difference.old.is_none() && id.as_deref().is_some_and(|id| subscription.was_told(id));
                let is_told = is_told && !was_told;
                if let (true, Some(id), Some(row)) = (is_told, &id, &difference.new) {
                    subscription.tell(id, row);
                }
                found.push(ScopeDifference { difference, is_told });
            }
        }
        // A difference of a membership makes subscriptions look at workflows by itself.
        let misses_membership = is_about_memberships && found.is_empty();
        Some(ScopeComparison { selection, found, again, misses_membership })
    }

    /// Handles a scope that is too large to compare: drops the table's entries and reports a gap to the handlers that
    /// asked for it.
    fn give_up_comparing(self: &Rc<Self>, number: u32) {
        let table = {
            let mut state = self.state.borrow_mut();
            state.live.subscriptions.forget_rows(number);
            let Some(subscription) = state.live.subscriptions.get(number) else { return };
            if subscription.status != Status::Live {
                return;
            }
            let table = subscription.selection.table;
            state.live.tell(number, Notice::Gap);
            table
        };
        self.apply(&Change { table, id: None, source: Source::Lost });
    }
}

/// Whether the row is cached only because it may be back. Reading it decides.
fn is_told_gone<D: Data>(rereads: &Rereads, table: &Table, difference: &Difference<D>) -> bool {
    difference.new.is_none() && difference.id().is_some_and(|id| rereads.is_told_gone(table, &id))
}

/// The result of comparing a scope.
struct ScopeComparison<D> {
    selection: Selection,
    found: Vec<ScopeDifference<D>>,
    /// Whether to read the scope once more.
    again: bool,
    /// Whether a membership came or went that only the list of shared workflows shows.
    misses_membership: bool,
}

/// A row whose state differs from the known one.
struct ScopeDifference<D> {
    difference: Difference<D>,
    /// Whether to notify the subscription's handlers.
    is_told: bool,
}
