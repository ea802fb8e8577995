//! A gap: reads a subscription's scope and applies each difference as a change.
//!
//! A scope is read when it is opened, which sets the state that its handlers start from. It is read again each time
//! the server confirms that changes flow from then on, because changes committed before that were not sent to anyone.

use super::call::Sent;
use super::log::{Place, Record};
use super::Engine;
use crate::cache::{Change, Shape, Source, Store};
use crate::data::{Data, Difference, Index, Value};
use crate::error::Error;
use crate::flows::ScopeFlow;
use crate::platform::Platform;
use crate::query::{Query, Test};
use crate::realtime::ChangeKind;
use crate::subscriptions::{id_of, Extent, Notice, Reading, Selection, Status};
use crate::tables::Table;
use crate::time::{jittered, RESYNC_BACKOFF};
use futures_util::future::{select, Either, FutureExt};
use std::cmp::Ordering;
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
        let Some(ScopeComparison { table, found, again }) = self.found(number, rows, again) else {
            return false;
        };
        // Responses to earlier requests may contain states that this one shows to be old.
        self.state.borrow_mut().note(Record::ScopeRead { table, asked });
        for ScopeDifference { difference, .. } in &found {
            let source = match &difference.new {
                Some(row) => Source::Current(row.clone()),
                None => Source::Deleted(difference.old.clone()),
            };
            let id = difference.id();
            self.apply(&Change { table, id, source });
        }
        self.flush();
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

    /// The rows that handlers have not been notified of, and those that are cached in another state. Handlers are
    /// also notified of the latter until the subscription has caught up for the first time, because that is the state
    /// that the application has seen.
    fn found(&self, number: u32, rows: &P::Data, again: bool) -> Option<ScopeComparison<P::Data>> {
        let mut state = self.state.borrow_mut();
        let selection = state.live.subscriptions.get(number)?.selection.clone();
        let cached = cached_differences(&state.store, &selection, rows);
        for key in outdated_pages(&state.store, &selection, rows) {
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
                // That a list lacks the row is not news once handlers know the row.
                let was_told =
                    difference.old.is_none() && id.as_deref().is_some_and(|id| subscription.was_told(id));
                let is_told = is_told && !was_told;
                if let (true, Some(id), Some(row)) = (is_told, &id, &difference.new) {
                    subscription.tell(id, row);
                }
                found.push(ScopeDifference { difference, is_told });
            }
        }
        Some(ScopeComparison { table: selection.table, found, again })
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
        self.apply(&Change { table, id: None, source: Source::Unknown });
    }
}

/// The result of comparing a scope.
struct ScopeComparison<D> {
    table: &'static Table,
    found: Vec<ScopeDifference<D>>,
    /// Whether to read the scope once more.
    again: bool,
}

/// A row whose state differs from the known one.
struct ScopeDifference<D> {
    difference: Difference<D>,
    /// Whether to notify the subscription's handlers.
    is_told: bool,
}

/// The cached pages that may contain rows of the scope and may be outdated. Rows that came and went may leave the
/// total unchanged, so every page is compared with the current rows.
fn outdated_pages<D: Data>(store: &Store<D>, selection: &Selection, rows: &D) -> Vec<Rc<str>> {
    if selection.filter.is_some() {
        return Vec::new();
    }
    let table = selection.table;
    let asks_for_scope = |query: &Query| {
        selection.scope.as_ref().is_none_or(|scope| {
            query.filters.iter().any(|filter| {
                table.scopes.contains(&filter.column)
                    && matches!(&filter.test, Test::Eq(value) if value == scope)
            })
        })
    };
    // A page queried by another column than the scope's may have contained rows of it that are gone.
    let may_overlap = |query: &Query, page: &D| {
        let shown = page.child("data").map(|rows| rows.items()).unwrap_or_default();
        shown.is_empty()
            || shown.iter().any(|row| selection.is_in_scope(row) != Some(false))
            || rows.items().iter().any(|row| query.admits(row) != Some(false))
    };
    let pages = store.iter().filter(|(_, entry)| match &entry.shape {
        Shape::Page(query) => {
            *query.table == *table
                && (asks_for_scope(query) || may_overlap(query, &entry.data))
                && is_page_right(query, &entry.data, rows) != Some(true)
        }
        _ => false,
    });
    pages.map(|(key, _)| key.clone()).collect()
}

/// Whether the page contains the rows it should, given all `rows` of its scope; their contents are not compared. For
/// an append-only table `rows` are the newest rows, which decide about a first page among them, except for its total.
/// `None` if only the server knows.
fn is_page_right<D: Data>(query: &Query, page: &D, rows: &D) -> Option<bool> {
    let shown = page.child("data")?.items();
    let mut ids = D::Index::default();
    for row in &shown {
        ids.put(&id_of(row)?, row);
    }
    let (mut present, mut absent) = (Vec::new(), Vec::new());
    for row in rows.items() {
        if query.admits(&row)? {
            let is_shown = ids.get(&id_of(&row)?).is_some();
            if is_shown { &mut present } else { &mut absent }.push(row);
        }
    }
    let current = |shown: &D| {
        let id = id_of(shown)?;
        present.iter().find(|row| row.column("id").text() == Some(&id))
    };
    let (mut before, mut after) = (0, 0);
    if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        let (Some(first), Some(last)) = (current(first), current(last)) else { return Some(false) };
        for row in &absent {
            if query.compare(row, first)? == Ordering::Less {
                before += 1;
            } else if query.compare(row, last)? == Ordering::Greater {
                after += 1;
            } else {
                return Some(false);
            }
        }
    } else {
        before = absent.len();
    }
    let offset = query.offset as usize;
    let is_numbered = matches!(page.column("page"), Value::Number(_));
    let is_in_place = if is_numbered {
        before == offset || (shown.is_empty() && before < offset)
    } else {
        let is_end = |cursor| page.column(cursor) == Value::Null;
        (before == 0 || !is_end("prevCursor")) && (after == 0 || !is_end("nextCursor"))
    };
    let is_counted = if query.table.is_append_only {
        before == 0 && offset == 0
    } else {
        #[allow(clippy::cast_precision_loss, reason = "a few thousand rows")]
        let number = (present.len() + absent.len()) as f64;
        page.column("total") == Value::Number(number)
    };
    Some(present.len() == shown.len() && is_in_place && is_counted)
}

/// The rows of the scope that the cache holds in another state than `rows`, lacks in a list, or should not hold.
fn cached_differences<D: Data>(store: &Store<D>, selection: &Selection, rows: &D) -> Vec<Difference<D>> {
    let table = selection.table;
    let mut known = D::Index::default();
    let mut lacking = Vec::new();
    // If a row is cached in several states, report one that is wrong.
    let mut put = |row: &D| {
        let Some(id) = id_of(row) else { return };
        let is_right = || rows.position(&id).is_some_and(|place| rows.item(place).is_equal(row));
        if known.get(&id).is_none_or(|other| !other.is_equal(row) && !is_right()) {
            known.put(&id, row);
        }
    };
    // The row in full, if `shown` is that row without its secret columns.
    let whole = |query: &Query, shown: D| {
        let is_shown = |row: &D| query.shown(row.clone()).is_equal(&shown);
        let place = id_of(&shown).filter(|_| query.is_public).and_then(|id| rows.position(&id));
        place.map(|place| rows.item(place)).filter(is_shown).unwrap_or(shown)
    };
    for (_, entry) in store.iter() {
        match &entry.shape {
            Shape::Row(own) if **own == *table => put(&entry.data),
            Shape::List(query) if *query.table == *table => {
                // Only the server knows which rows a page lacks.
                if !query.is_page() {
                    lacking.extend(rows_lacking(query, &entry.data, rows));
                }
                entry.data.items().into_iter().for_each(|row| put(&whole(query, row)));
            }
            // `outdated_pages` checks which rows a page lacks.
            Shape::Page(query) if *query.table == *table => {
                entry.data.child("data").iter().flat_map(Data::items).for_each(|row| put(&row));
            }
            _ => {}
        }
    }
    let is_news = |difference: &Difference<D>| match (&difference.old, &difference.new) {
        (Some(_), Some(_)) => true,
        // With a filter, the row may simply not match any more.
        (Some(row), None) => {
            selection.filter.is_none() && !table.is_append_only && selection.is_in_scope(row) == Some(true)
        }
        // A row that no entry holds can only be missing from lists.
        (None, _) => false,
    };
    let mut differences: Vec<_> = known.differences(rows).into_iter().filter(is_news).collect();
    // An index of the rows that differ so far, because there may be thousands.
    let mut differing = D::Index::default();
    for row in differences.iter().filter_map(|Difference { old, new }| new.as_ref().or(old.as_ref())) {
        if let Some(id) = id_of(row) {
            differing.put(&id, row);
        }
    }
    for row in lacking {
        let Some(id) = id_of(&row).filter(|id| differing.get(id).is_none()) else { continue };
        differing.put(&id, &row);
        differences.push(Difference { old: None, new: Some(row) });
    }
    differences
}

/// Those of `rows` that the list lacks. Another entry may hold them.
fn rows_lacking<D: Data>(query: &Query, list: &D, rows: &D) -> Vec<D> {
    let mut held = D::Index::default();
    for row in list.items() {
        if let Some(id) = id_of(&row) {
            held.put(&id, &row);
        }
    }
    let is_held = |row: &D| id_of(row).is_some_and(|id| held.get(&id).is_some());
    rows.items().into_iter().filter(|row| !is_held(row) && query.admits(row) != Some(false)).collect()
}
