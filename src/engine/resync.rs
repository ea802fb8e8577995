//! The way of a gap: a scope is read, and what differs from what is known goes the way of every change.
//!
//! A scope is read when it is opened, which is what its handlers know from then on, and again whenever the server says
//! that changes flow (from then on): what was committed in between was told to nobody.

use super::call::Sent;
use super::log::{Place, Record};
use super::Engine;
use crate::cache::{Change, Shape, Source, Store};
use crate::data::{Data, Difference, Index, Value};
use crate::error::Error;
use crate::flows::ScopeFlow;
use crate::platform::Platform;
use crate::query::{Query, Test};
use crate::realtime::ChangeKind as Kind;
use crate::subscriptions::{id_of, Extent, Notice, Reading, Selection, Status};
use crate::tables::Table;
use crate::time::{jittered, RESYNC_BACKOFF};
use futures_util::future::{select, Either, FutureExt};
use std::cmp::Ordering;
use std::pin::pin;
use std::rc::Rc;

/// As many scopes are read at a time. Hundreds of requests started in one task would hold up the page, and the requests
/// of the application behind them.
const MAX_READINGS: usize = 20;

/// The rows of a scope; none when there are too many to compare.
type ScopeRows<D> = Result<Option<D>, Error>;

impl<P: Platform> Engine<P> {
    /// Changes of this subscription may have been missed.
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
        // Also a scope that was too large: it may have shrunk since.
        self.read_scope(number);
    }

    /// Reads the subscription's rows, when few enough others are read; once more, if that is under way already.
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
                // The epoch may have ended just as the answer came.
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
                // Whatever the reason: what is refused today may be answered tomorrow.
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
                // Otherwise each gap was told when it was noticed.
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

    /// Applies what differs between `rows` and what is known, and tells it. Whether to read the scope once more.
    fn compare(self: &Rc<Self>, number: u32, rows: &P::Data, asked: Place, again: bool) -> bool {
        let Some(Comparison { table, found, again }) = self.found(number, rows, again) else { return false };
        // Reads that were sent before this one may bring what it knows to be old.
        self.state.borrow_mut().note(Record::ScopeRead { table, asked });
        for Found { difference, .. } in &found {
            let source = match &difference.new {
                Some(row) => Source::Current(row.clone()),
                None => Source::Deleted(difference.old.clone()),
            };
            let id = difference.id();
            self.apply(&Change { table, id, source });
        }
        self.flush();
        let mut state = self.state.borrow_mut();
        for Found { difference: Difference { old, new }, .. } in
            found.into_iter().filter(|found| found.is_told)
        {
            let (kind, row, old) = match (old, new) {
                (old, Some(row)) => (if old.is_some() { Kind::Update } else { Kind::Insert }, row, old),
                (Some(row), None) => (Kind::Delete, row.clone(), Some(row)),
                (None, None) => continue,
            };
            state.live.tell(number, Notice::Row { kind, row, old, commit_timestamp: None });
        }
        again
    }

    /// What the subscription's handlers were not told of `rows`, and what is cached otherwise. The latter is told too until the
    /// subscription has caught up for the first time: it is what the application has seen.
    fn found(&self, number: u32, rows: &P::Data, again: bool) -> Option<Comparison<P::Data>> {
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
            news.into_iter().map(|difference| Found { difference, is_told: true }).collect();
        for difference in cached {
            let id = difference.id();
            let is_touched = id.as_deref().is_some_and(|id| subscription.is_touched(id));
            if !is_touched && !ids.contains(&id) {
                // That a list lacks the row is no news once it was told.
                let was_told =
                    difference.old.is_none() && id.as_deref().is_some_and(|id| subscription.was_told(id));
                let is_told = is_told && !was_told;
                if let (true, Some(id), Some(row)) = (is_told, &id, &difference.new) {
                    subscription.tell(id, row);
                }
                found.push(Found { difference, is_told });
            }
        }
        Some(Comparison { table: selection.table, found, again })
    }

    /// Nobody can say what was missed: the table's entries are dropped, and those who asked are told.
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

/// What reading a scope brought to light.
struct Comparison<D> {
    table: &'static Table,
    found: Vec<Found<D>>,
    /// Whether the scope has to be read once more.
    again: bool,
}

/// A row that is otherwise than was known.
struct Found<D> {
    difference: Difference<D>,
    /// Whether the subscription's handlers are to hear of it.
    is_told: bool,
}

/// The pages that may hold rows of the scope, and may not be what the server answers now. Rows that came and went may leave
/// their number as it was, so every page is compared with what is there.
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
    // A page that is asked for by another column than the scope's may have held rows of it that are not there any more.
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

/// Whether the page holds the rows that it should, of all `rows` of its scope. What they are like is not looked at. Of a
/// table that only grows `rows` are the newest: they decide about a first page among them, but for how many there are in
/// all. None when only the server knows.
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
    // Of several states in which a row is cached, one that is not right counts.
    let mut put = |row: &D| {
        let Some(id) = id_of(row) else { return };
        let is_right = || rows.position(&id).is_some_and(|place| rows.item(place).is_equal(row));
        if known.get(&id).is_none_or(|other| !other.is_equal(row) && !is_right()) {
            known.put(&id, row);
        }
    };
    // The row as it is, if a list without secrets shows it like that.
    let whole = |query: &Query, shown: D| {
        let is_shown = |row: &D| query.shown(row.clone()).is_equal(&shown);
        let place = id_of(&shown).filter(|_| query.is_public).and_then(|id| rows.position(&id));
        place.map(|place| rows.item(place)).filter(is_shown).unwrap_or(shown)
    };
    for (_, entry) in store.iter() {
        match &entry.shape {
            Shape::Row(own) if **own == *table => put(&entry.data),
            Shape::List(query) if *query.table == *table => {
                // Which rows a page lacks only the server knows.
                if !query.is_page() {
                    lacking.extend(rows_lacking(query, &entry.data, rows));
                }
                entry.data.items().into_iter().for_each(|row| put(&whole(query, row)));
            }
            // Which rows a page lacks is looked at elsewhere.
            Shape::Page(query) if *query.table == *table => {
                entry.data.child("data").iter().flat_map(Data::items).for_each(|row| put(&row));
            }
            _ => {}
        }
    }
    let is_news = |difference: &Difference<D>| match (&difference.old, &difference.new) {
        (Some(_), Some(_)) => true,
        // With a filter, the row may just not match it.
        (Some(row), None) => {
            selection.filter.is_none() && !table.is_append_only && selection.is_in_scope(row) == Some(true)
        }
        // A row that no entry holds is only lacking in lists.
        (None, _) => false,
    };
    let mut differences: Vec<_> = known.differences(rows).into_iter().filter(is_news).collect();
    // Which rows differ already, by id: there may be thousands of either.
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
