//! One subscription: what its handlers were last told of every row, and what they are to be told next.

use super::known::KnownRows;
use super::selection::Selection;
use crate::data::{Data, Difference};
use crate::error::Error;
use crate::realtime::ChangeKind;
use crate::time::{Moment, ECHO_BACKOFF, UNCONFIRMED_MS};
use std::collections::VecDeque;
use std::rc::Rc;

/// Scopes with more rows than this are not compared after a gap: their entries are dropped, and `onGap` tells.
pub const MAX_COMPARED_ROWS: u32 = 5_000;

/// How a subscription stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// The server was not heard of yet.
    Connecting,
    /// Changes flow.
    Live,
    /// They did, and will again.
    Reconnecting,
    /// It ended.
    Closed,
    /// The server refuses it.
    Error,
}

impl Status {
    /// As the application sees it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Reconnecting => "reconnecting",
            Self::Closed => "closed",
            Self::Error => "error",
        }
    }
}

/// Something that those who follow a subscription are to be told.
pub enum Notice<D> {
    /// A row changed.
    Row {
        /// What became of it.
        kind: ChangeKind,
        /// As it is; of a deleted one, as it was.
        row: D,
        /// As it was told last.
        old: Option<D>,
        /// When, as the server says. None for what a comparison found.
        commit_timestamp: Option<Rc<str>>,
    },
    /// The subscription stands otherwise than before.
    Status(Status, Option<Error>),
    /// Something may have changed, and nobody looked what.
    Gap,
}

/// What is told of which subscription.
pub struct Notification<D> {
    /// The subscription's number.
    pub subscription: u32,
    /// The table's name.
    pub table: &'static str,
    /// What is told.
    pub news: Notice<D>,
}

/// How far the rows of a subscription are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// They were never read.
    Unread,
    /// All of them are known.
    Whole,
    /// Those of the last time are known: nothing older changes.
    Recent,
    /// There are too many to compare.
    Unknown,
}

/// Whether a subscription's scope is being read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// It is not.
    Idle,
    /// It will be, when fewer others are.
    Waiting,
    /// It is.
    UnderWay,
    /// It is, and has to be once more.
    Outdated,
    /// It is, and has to be once more: an own write changed its rows as a whole, so that the answer says nothing.
    Superseded,
}

/// A row that changed while the scope was read.
struct Touched<D> {
    id: Rc<str>,
    by: Touch<D>,
}

/// What changed a row while the scope was read.
pub enum Touch<D> {
    /// A frame for this subscription: the last word, unless another frame follows.
    Frame,
    /// A frame that says a row is gone of which nobody knew: whether it was meant, the answer may tell.
    UnknownGone,
    /// An own write, or a frame for another subscription, which left the row like this. A frame for this one comes only if that
    /// was after changes began to flow.
    Elsewhere(Option<D>),
}

/// One (table, scope, filter) that somebody follows.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Subscription<D: Data> {
    /// By this number the application's side knows it.
    pub number: u32,
    /// Which rows are meant.
    pub selection: Selection,
    /// How many follow it.
    pub followers: u32,
    /// Whether any of them is told of changes. The others only want what is cached to be right.
    pub is_told: bool,
    /// The channel that its changes come by, and where its bindings begin there. None before that is decided.
    pub channel: Option<(u32, usize)>,
    /// How it stands.
    pub status: Status,
    /// Whether it was opened for a user, with whom it ends, though it is on no channel now.
    pub is_owned: bool,
    /// Whether the server ever took it.
    pub is_proven: bool,
    /// Whether a channel was refused that it shared.
    pub is_suspect: bool,
    /// How far its rows are known.
    pub extent: Extent,
    /// Whether its scope is being read.
    pub reading: Reading,
    /// Whether it was compared since the server said that changes flow.
    pub is_caught_up: bool,
    /// When to read it again because that failed (monotonic milliseconds).
    pub retry_ms: Option<f64>,
    /// How often reading it failed in a row.
    pub failures: u32,
    /// When the reading that is under way, or was the last, began.
    began: Option<Moment>,
    /// When the last reading that succeeded began. Only a reading says that nothing was missed before it: neither a frame
    /// nor a heartbeat does.
    confirmed: Option<Moment>,
    /// The part of the time between two periodic readings after which it is due.
    due_part: f64,
    /// Missing echoes in a row.
    missed_echoes: u32,
    /// Until when a missing echo says nothing new (monotonic milliseconds).
    echo_rest_ms: f64,
    /// The rows that changed since the reading began: their state in the answer may be older.
    touched: Vec<Touched<D>>,
    /// What is known of its rows.
    pub known: KnownRows<D>,
}

impl<D: Data> Subscription<D> {
    /// A subscription that nobody has read for.
    pub fn new(number: u32, selection: Selection, is_told: bool) -> Self {
        Self {
            number,
            selection,
            followers: 1,
            is_told,
            channel: None,
            status: Status::Connecting,
            is_owned: false,
            is_proven: false,
            is_suspect: false,
            extent: Extent::Unread,
            reading: Reading::Idle,
            is_caught_up: false,
            retry_ms: None,
            failures: 0,
            began: None,
            confirmed: None,
            due_part: 1.0,
            missed_echoes: 0,
            echo_rest_ms: f64::NEG_INFINITY,
            touched: Vec::new(),
            known: KnownRows::new(number),
        }
    }

    /// Whether its changes come by this channel.
    pub fn is_carried_by(&self, channel: u32) -> bool {
        self.channel.is_some_and(|(own, _)| own == channel)
    }

    /// The row as it is known.
    pub fn known(&self, id: &str) -> Option<D> {
        self.known.get(id)
    }

    /// Whether what is known of a row is what it was before the frame at hand: every change of it comes here.
    pub fn hears_all(&self) -> bool {
        let missed_nothing = self.is_caught_up && self.reading == Reading::Idle && self.retry_ms.is_none();
        self.selection.filter.is_none()
            && self.status == Status::Live
            && (missed_nothing || self.extent == Extent::Unknown)
    }

    /// Whether it would hear if this row came to be: it is in the scope, and no filter hides it.
    pub fn hears_of(&self, row: &D) -> bool {
        self.selection.filter.is_none()
            && self.status == Status::Live
            && self.selection.is_in_scope(row) == Some(true)
    }

    /// Where to read on from in a table that only grows.
    pub fn overlap(&self) -> Option<String> {
        self.known.overlap()
    }

    /// A frame of this kind says that the row is like this now. What to tell, if it is news.
    pub fn take_row(
        &mut self,
        id: &str,
        row: &D,
        kind: ChangeKind,
        knowers: &mut D::Holders,
    ) -> Option<(ChangeKind, Option<D>)> {
        if self.known.is_older(id) {
            return None;
        }
        let old = self.known.get(id);
        let is_same = old.as_ref().is_some_and(|old| old.is_equal(row));
        if is_same && self.was_told(id) {
            return None;
        }
        self.known.put(id, old.as_ref(), row, knowers);
        self.tell(id, row);
        if self.selection.table.is_append_only {
            self.known.note_time(row);
            self.forget_older(knowers);
        }
        // Where not all rows are known, the frame says whether it is new.
        let kind = match old {
            Some(_) if is_same => return Some((kind, None)),
            Some(_) => ChangeKind::Update,
            None if self.extent == Extent::Whole => ChangeKind::Insert,
            None => kind,
        };
        Some((kind, old))
    }

    /// The row is told of, as it is known.
    pub fn tell(&mut self, id: &str, row: &D) {
        self.known.tell(id, row);
    }

    /// Whether the row was told of, and is there.
    pub fn was_told(&self, id: &str) -> bool {
        self.known.was_told(id)
    }

    /// The scope is being read from now on.
    pub fn begin_reading(&mut self, now: Moment) {
        self.reading = Reading::UnderWay;
        self.began = Some(now);
        self.touched.clear();
    }

    /// The reading succeeded. `random` in [0, 1) spreads the next periodic one, so that clients whom one outage threw out do
    /// not read together ever after.
    pub fn confirm(&mut self, random: f64) {
        self.failures = 0;
        self.confirmed = self.began;
        self.due_part = 0.75 + random / 4.0;
    }

    /// Whether it is worth reading without a sign of a gap. A scope that is too large to compare is not.
    fn is_comparable(&self) -> bool {
        self.status == Status::Live && self.reading == Reading::Idle && self.extent != Extent::Unknown
    }

    /// When it is to be read again without a sign of a gap (monotonic milliseconds).
    fn resync_due_ms(&self, resync_ms: f64) -> f64 {
        let confirmed = self.confirmed.filter(|_| self.is_comparable() && self.retry_ms.is_none());
        confirmed.map_or(f64::INFINITY, |confirmed| confirmed.monotonic_ms + resync_ms * self.due_part)
    }

    /// When it is to be read again, with or without a sign of a gap (monotonic milliseconds).
    pub fn reading_due_ms(&self, resync_ms: f64) -> f64 {
        self.retry_ms.unwrap_or(f64::INFINITY).min(self.resync_due_ms(resync_ms))
    }

    /// Whether the reading is due that was asked for by a failure or by time.
    pub fn is_reading_due(&self, resync_ms: f64, now_ms: f64) -> bool {
        self.reading_due_ms(resync_ms) <= now_ms
    }

    /// Whether it was not read for so long that a page which is looked at again wants to be sure. By either clock: the
    /// monotonic one may stop while the machine sleeps.
    pub fn is_unconfirmed(&self, now: Moment) -> bool {
        let is_old = |confirmed: Moment| {
            now.monotonic_ms - confirmed.monotonic_ms >= UNCONFIRMED_MS
                || now.wall_ms - confirmed.wall_ms >= UNCONFIRMED_MS
        };
        self.is_comparable() && self.confirmed.is_none_or(is_old)
    }

    /// Whether it was read since, or is being read and was not at that time.
    pub fn is_read_since(&self, ms: f64) -> bool {
        self.began.is_some_and(|began| began.monotonic_ms > ms)
    }

    /// The echo of an own write did not come. Whether that is a sign of a gap: the row is meant, and changes flow.
    pub fn miss_echo(&mut self, row: &D, now_ms: f64) -> bool {
        let is_meant = self.selection.filter.is_none() && self.selection.is_in_scope(row) == Some(true);
        if !is_meant || self.status != Status::Live || now_ms < self.echo_rest_ms {
            return false;
        }
        self.echo_rest_ms = now_ms + ECHO_BACKOFF.wait_ms(self.missed_echoes);
        self.missed_echoes += 1;
        true
    }

    /// The echo of an own write came.
    pub fn hear_echo(&mut self) {
        (self.missed_echoes, self.echo_rest_ms) = (0, f64::NEG_INFINITY);
    }

    /// Whether an answer is on its way that says what its rows are.
    pub fn is_being_read(&self) -> bool {
        matches!(self.reading, Reading::UnderWay | Reading::Outdated | Reading::Superseded)
    }

    /// Something changed this row. What the scope's answer says of it is older, if the scope is being read.
    pub fn touch(&mut self, id: &str, by: Touch<D>) {
        if self.is_being_read() {
            self.touched.push(Touched { id: id.into(), by });
        }
    }

    /// Whether the row changed while the scope was read.
    pub fn is_touched(&self, id: &str) -> bool {
        self.touches(id).next().is_some()
    }

    /// What changed the row while the scope was read.
    fn touches<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Touch<D>> {
        self.touched.iter().filter(move |touched| *touched.id == *id).map(|touched| &touched.by)
    }

    /// Whether the answer is the last word about a row, as it is unless the row changed meanwhile. None when nobody can say.
    fn is_last_word(&self, id: &str, new: Option<&D>) -> Option<bool> {
        let mut last_word = Some(true);
        for touched in self.touches(id) {
            match touched {
                Touch::Frame | Touch::UnknownGone => return Some(false),
                Touch::Elsewhere(Some(own)) if new.is_some_and(|new| new.is_equal(own)) => {}
                Touch::Elsewhere(None) if new.is_none() => {}
                Touch::Elsewhere(_) => last_word = None,
            }
        }
        last_word
    }

    /// The rows are these now, but for those that changed while they were read. What to tell, once anything was known;
    /// and whether the scope has to be read once more to be sure.
    pub fn take_rows(&mut self, rows: &D, knowers: &mut D::Holders) -> (Vec<Difference<D>>, bool) {
        let mut is_doubtful = false;
        let was_read = matches!(self.extent, Extent::Whole | Extent::Recent);
        let only_grows = self.selection.table.is_append_only;
        let mut news = Vec::new();
        for difference in self.known.differences(rows) {
            let Some(id) = difference.id() else { continue };
            let is_last_word = self.is_last_word(&id, difference.new.as_ref());
            is_doubtful = is_doubtful || is_last_word.is_none();
            let is_gone = |touch| matches!(touch, &Touch::UnknownGone);
            if self.is_touched(&id) && self.touches(&id).all(is_gone) && difference.old.is_none() {
                news.push(Difference { old: difference.new, new: None });
                continue;
            }
            let is_known = self.known.is_older(&id) || (only_grows && difference.new.is_none());
            if is_last_word != Some(true) || is_known {
                continue;
            }
            match &difference.new {
                Some(row) => {
                    self.known.put(&id, difference.old.as_ref(), row, knowers);
                    if only_grows {
                        self.known.note_time(row);
                    }
                }
                None => drop(self.known.take(&id, knowers)),
            }
            if was_read {
                if let Some(row) = &difference.new {
                    self.tell(&id, row);
                }
                news.push(difference);
            }
        }
        self.extent = if only_grows { Extent::Recent } else { Extent::Whole };
        self.forget_older(knowers);
        (news, is_doubtful)
    }

    /// There are too many rows: what is known of them is forgotten.
    pub fn forget_rows(&mut self, knowers: &mut D::Holders) {
        self.known.clear(knowers);
        self.extent = Extent::Unknown;
        (self.retry_ms, self.failures) = (None, 0);
    }

    /// It is taken off its channel, and no reading of its scope is under way any more. What it knows stays, so that the
    /// next reading finds what was missed.
    pub fn suspend(&mut self) {
        (self.channel, self.reading, self.retry_ms) = (None, Reading::Idle, None);
    }

    /// It begins anew, as if nobody had opened it yet.
    pub fn restart(&mut self, knowers: &mut D::Holders) {
        self.known.clear(knowers);
        let mut new = Self::new(self.number, self.selection.clone(), self.is_told);
        (new.followers, new.status) = (self.followers, self.status);
        *self = new;
    }

    /// Forgets rows that no reading brings again.
    fn forget_older(&mut self, knowers: &mut D::Holders) {
        if !self.is_being_read() {
            self.known.forget_older(knowers);
        }
    }
}

/// A row's id.
pub fn id_of<D: Data>(row: &D) -> Option<String> {
    row.column("id").text().map(str::to_owned)
}

/// What is to be told, in order.
pub type Notifications<D> = VecDeque<Notification<D>>;
