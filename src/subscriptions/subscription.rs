//! One subscription: the state of every row as last reported to its handlers, and the next notifications.

use super::known::KnownRows;
use super::notice::Status;
use super::selection::Selection;
use crate::data::{Data, Difference};
use crate::realtime::ChangeKind;
use crate::time::{Moment, ECHO_BACKOFF, UNCONFIRMED_MS};
use std::rc::Rc;

/// Scopes with more rows are not compared after a gap. Their entries are dropped, and `onGap` reports it.
pub const MAX_COMPARED_ROWS: u32 = 5_000;

/// Which rows of a subscription are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// The rows were never read.
    Unread,
    /// All rows are known.
    Whole,
    /// The most recent rows are known; older ones do not change.
    Recent,
    /// There are too many rows to compare.
    Unknown,
}

/// Whether a subscription's scope is being read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// It is not being read.
    Idle,
    /// It is queued until fewer other scopes are being read.
    Waiting,
    /// It is being read.
    UnderWay,
    /// It is being read and must be read once more.
    Outdated,
    /// It is being read and must be read once more. The response is outdated and will be ignored: an own write replaced all
    /// of its rows, or the user may no longer see them.
    Superseded,
}

/// A row that changed while the scope was being read.
struct Touched<D> {
    id: Rc<str>,
    by: Touch<D>,
}

/// The cause of a row's change while the scope was being read.
pub enum Touch<D> {
    /// A frame for this subscription: the latest state, unless another frame follows.
    Frame,
    /// A frame for a deleted row that was not known. The response may show whether the subscription included it.
    UnknownGone,
    /// An own write, or a frame for another subscription, that left the row in this state. A frame for this
    /// subscription follows only if its channel was live already.
    Elsewhere(Option<D>),
}

/// A combination of table, scope and filter with at least one subscriber.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Subscription<D: Data> {
    /// The number by which the application's side refers to it.
    pub number: u32,
    /// The rows it includes.
    pub selection: Selection,
    /// The number of subscribers.
    pub followers: u32,
    /// Whether any subscriber has handlers. The others only keep the cache up to date.
    pub is_told: bool,
    /// Its channel, and the position of its first binding there. `None` before it is assigned.
    pub channel: Option<(u32, usize)>,
    /// Its status.
    pub status: Status,
    /// Whether it was opened for a user. It ends with that user, even if it has no channel at the moment.
    pub is_owned: bool,
    /// Whether the server ever accepted it.
    pub is_proven: bool,
    /// Whether a channel that it shared was refused.
    pub is_suspect: bool,
    /// Which of its rows are known.
    pub extent: Extent,
    /// Whether its scope is being read.
    pub reading: Reading,
    /// Whether it was compared since the channel became live.
    pub is_caught_up: bool,
    /// When to read it again after a failure (monotonic milliseconds).
    pub retry_ms: Option<f64>,
    /// The number of consecutive failed reads.
    pub failures: u32,
    /// When the current or last read began.
    began: Option<Moment>,
    /// When the last successful read began. Only a read proves that nothing was missed before it; frames and heartbeats
    /// do not.
    confirmed: Option<Moment>,
    /// The fraction of the resync interval after which the next periodic read is due.
    due_part: f64,
    /// The number of consecutive missing echoes.
    missed_echoes: u32,
    /// Until when another missing echo is ignored (monotonic milliseconds).
    echo_rest_ms: f64,
    /// Rows that changed since the read began. Their state in the response may be older.
    touched: Vec<Touched<D>>,
    /// The rows it knows.
    pub known: KnownRows<D>,
}

impl<D: Data> Subscription<D> {
    /// Creates a subscription whose rows were not read yet.
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

    /// Whether it uses this channel.
    pub fn is_carried_by(&self, channel: u32) -> bool {
        self.channel.is_some_and(|(own, _)| own == channel)
    }

    /// The row in its known state.
    pub fn known(&self, id: &str) -> Option<D> {
        self.known.get(id)
    }

    /// Whether a row's known state is the one before the current frame, because the subscription receives every
    /// change.
    pub fn hears_all(&self) -> bool {
        let missed_nothing = self.is_caught_up && self.reading == Reading::Idle && self.retry_ms.is_none();
        self.selection.filter.is_none()
            && self.status == Status::Live
            && (missed_nothing || self.extent == Extent::Unknown)
    }

    /// Where to continue reading an append-only table.
    pub fn overlap(&self) -> Option<String> {
        self.known.overlap()
    }

    /// Handles a frame of this kind with the row's new state. Returns what to report, if it is news.
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
        // If not all rows are known, the frame's type decides whether the row is new.
        let kind = match old {
            Some(_) if is_same => return Some((kind, None)),
            Some(_) => ChangeKind::Update,
            None if self.extent == Extent::Whole => ChangeKind::Insert,
            None => kind,
        };
        Some((kind, old))
    }

    /// Records that the row was reported in this state.
    pub fn tell(&mut self, id: &str, row: &D) {
        self.known.tell(id, row);
    }

    /// Whether the row was reported and still exists.
    pub fn was_told(&self, id: &str) -> bool {
        self.known.was_told(id)
    }

    /// Records that a read of the scope begins.
    pub fn begin_reading(&mut self, now: Moment) {
        self.reading = Reading::UnderWay;
        self.began = Some(now);
        self.touched.clear();
    }

    /// Records that the read succeeded. `random` in [0, 1) spreads the next periodic read, so that clients disconnected
    /// by the same outage do not keep reading at the same time.
    pub fn confirm(&mut self, random: f64) {
        self.failures = 0;
        self.confirmed = self.began;
        self.due_part = 0.75 + random / 4.0;
    }

    /// Whether periodic reads make sense. They do not for a scope that is too large to compare.
    fn is_comparable(&self) -> bool {
        self.status == Status::Live && self.reading == Reading::Idle && self.extent != Extent::Unknown
    }

    /// When the next periodic read is due (monotonic milliseconds).
    fn resync_due_ms(&self, resync_ms: f64) -> f64 {
        let confirmed = self.confirmed.filter(|_| self.is_comparable() && self.retry_ms.is_none());
        confirmed.map_or(f64::INFINITY, |confirmed| confirmed.monotonic_ms + resync_ms * self.due_part)
    }

    /// When the next read is due, periodic or after a failure (monotonic milliseconds).
    pub fn reading_due_ms(&self, resync_ms: f64) -> f64 {
        self.retry_ms.unwrap_or(f64::INFINITY).min(self.resync_due_ms(resync_ms))
    }

    /// Whether a periodic read, or one after a failure, is due.
    pub fn is_reading_due(&self, resync_ms: f64, now_ms: f64) -> bool {
        self.reading_due_ms(resync_ms) <= now_ms
    }

    /// Whether the last read is so old that a page that becomes visible should read again. Measured by both clocks,
    /// because the monotonic one may stop while the machine sleeps.
    pub fn is_unconfirmed(&self, now: Moment) -> bool {
        let is_old = |confirmed: Moment| {
            now.monotonic_ms - confirmed.monotonic_ms >= UNCONFIRMED_MS
                || now.wall_ms - confirmed.wall_ms >= UNCONFIRMED_MS
        };
        self.is_comparable() && self.confirmed.is_none_or(is_old)
    }

    /// Whether its latest read, finished or not, began after this time (monotonic milliseconds).
    pub fn is_read_since(&self, ms: f64) -> bool {
        self.began.is_some_and(|began| began.monotonic_ms > ms)
    }

    /// Handles a missing echo. Returns whether it is a sign of a gap: the row is included and the channel is live.
    pub fn miss_echo(&mut self, row: &D, now_ms: f64) -> bool {
        let is_meant = self.selection.filter.is_none() && self.selection.is_in_scope(row) == Some(true);
        if !is_meant || self.status != Status::Live || now_ms < self.echo_rest_ms {
            return false;
        }
        self.echo_rest_ms = now_ms + ECHO_BACKOFF.wait_ms(self.missed_echoes);
        self.missed_echoes += 1;
        true
    }

    /// Handles the echo of an own write.
    pub fn hear_echo(&mut self) {
        (self.missed_echoes, self.echo_rest_ms) = (0, f64::NEG_INFINITY);
    }

    /// Whether a read in progress will determine its rows.
    pub fn is_being_read(&self) -> bool {
        matches!(self.reading, Reading::UnderWay | Reading::Outdated | Reading::Superseded)
    }

    /// The rows that are being read are outdated: they must be ignored, and read once more.
    pub fn supersede_reading(&mut self) {
        if self.is_being_read() {
            self.reading = Reading::Superseded;
        }
    }

    /// Records that a row changed. If the scope is being read, the response's state of the row is older.
    pub fn touch(&mut self, id: &str, by: Touch<D>) {
        if self.is_being_read() {
            self.touched.push(Touched { id: id.into(), by });
        }
    }

    /// Whether the row changed while the scope was being read.
    pub fn is_touched(&self, id: &str) -> bool {
        self.touches(id).next().is_some()
    }

    /// The cause of the row's change while the scope was being read.
    fn touches<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Touch<D>> {
        self.touched.iter().filter(move |touched| *touched.id == *id).map(|touched| &touched.by)
    }

    /// Whether the response has the latest state of a row, which it does unless the row changed in the meantime.
    /// `None` if that cannot be determined.
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

    /// Handles a read: the rows are these, except for those that changed in the meantime. Returns what to report, and
    /// whether the scope must be read once more. The first read reports only changes of rows that a frame reported
    /// before.
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
            if was_read || difference.old.is_some() {
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

    /// Forgets the rows, because there are too many.
    pub fn forget_rows(&mut self, knowers: &mut D::Holders) {
        self.known.clear(knowers);
        self.extent = Extent::Unknown;
        (self.retry_ms, self.failures) = (None, 0);
    }

    /// Takes it off its channel and ends any read. It keeps the rows it knows, so that the next read finds what was
    /// missed.
    pub fn suspend(&mut self) {
        (self.channel, self.reading, self.retry_ms) = (None, Reading::Idle, None);
    }

    /// Starts again as if it had never been opened.
    pub fn restart(&mut self, knowers: &mut D::Holders) {
        self.known.clear(knowers);
        let mut new = Self::new(self.number, self.selection.clone(), self.is_told);
        (new.followers, new.status) = (self.followers, self.status);
        *self = new;
    }

    /// Forgets rows that no read will return again.
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
