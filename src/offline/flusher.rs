//! When the outbox is sent: while online, by the tab that leads, one write at a time, more slowly after failures.

use super::outbox::Outcome;
use crate::time::{FLUSH_BACKOFF, MAX_FLUSH_PAUSE_MS, MIN_FLUSH_PAUSE_MS};

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Poll {
    /// Begin the next write, and report how it settled.
    Send,
    /// Ask again after this many milliseconds.
    Wait(f64),
    /// Ask again when something changed.
    Idle,
}

/// Sends one user's writes from one tab. Times are of a clock that never goes back.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "they change independently")]
pub struct Flusher {
    is_online: bool,
    is_leader: bool,
    has_pending: bool,
    /// Whether the application asked for an attempt, whatever the browser says about the network.
    is_asked: bool,
    is_in_flight: bool,
    /// In a row.
    failures: u32,
    /// When the backoff ends.
    retry_ms: f64,
    /// When the server accepts requests again, as it said.
    server_ms: f64,
}

impl Default for Flusher {
    fn default() -> Self {
        Self {
            is_online: true,
            is_leader: false,
            has_pending: false,
            is_asked: false,
            is_in_flight: false,
            failures: 0,
            retry_ms: f64::NEG_INFINITY,
            server_ms: f64::NEG_INFINITY,
        }
    }
}

impl Flusher {
    /// What the browser says about the network. Coming online ends the backoff.
    pub fn set_online(&mut self, is_online: bool) {
        if is_online && !self.is_online {
            self.end_backoff();
        }
        self.is_online = is_online;
    }

    /// Whether this tab is the one that sends.
    pub fn set_leader(&mut self, is_leader: bool) {
        self.is_leader = is_leader;
    }

    /// Whether there are writes to send.
    pub fn set_pending(&mut self, has_pending: bool) {
        self.has_pending = has_pending;
        self.is_asked &= has_pending;
    }

    /// The application wants an attempt now.
    pub fn flush(&mut self) {
        self.is_asked = true;
        self.end_backoff();
    }

    /// What to do at `now_ms`. After [`Poll::Send`] a write is in flight until it has settled.
    pub fn poll(&mut self, now_ms: f64) -> Poll {
        if self.is_in_flight || !self.may_send() {
            return Poll::Idle;
        }
        let wait_ms = self.retry_ms.max(self.server_ms) - now_ms;
        if wait_ms > 0.0 {
            return Poll::Wait(wait_ms);
        }
        self.is_in_flight = true;
        Poll::Send
    }

    /// How the write in flight ended; `None` if there was none. `random` is uniform in [0, 1), `retry_after_ms` the
    /// pause that the server asked for.
    pub fn settled(
        &mut self,
        outcome: Option<Outcome>,
        now_ms: f64,
        random: f64,
        retry_after_ms: Option<f64>,
    ) {
        self.is_in_flight = false;
        match outcome {
            Some(Outcome::Retry) => {
                let limit = FLUSH_BACKOFF.wait_ms(self.failures);
                self.failures = self.failures.saturating_add(1);
                self.retry_ms = now_ms + (random * limit).max(MIN_FLUSH_PAUSE_MS);
                self.server_ms = now_ms + retry_after_ms.unwrap_or(0.0).min(MAX_FLUSH_PAUSE_MS);
                self.is_asked = false;
            }
            Some(Outcome::Done | Outcome::Refused | Outcome::Stale) => self.failures = 0,
            None => self.set_pending(false),
        }
    }

    /// Whether writes are on their way: one is in flight, or the next one follows at once.
    pub fn is_flushing(&self, now_ms: f64) -> bool {
        self.is_in_flight || (self.may_send() && self.retry_ms.max(self.server_ms) <= now_ms)
    }

    fn may_send(&self) -> bool {
        self.is_leader && self.has_pending && (self.is_online || self.is_asked)
    }

    fn end_backoff(&mut self) {
        self.failures = 0;
        self.retry_ms = f64::NEG_INFINITY;
    }
}
