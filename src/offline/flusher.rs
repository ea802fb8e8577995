//! When the outbox is sent: while online, by the leading tab, one write at a time, and more slowly after failures.

use super::outbox::Outcome;
use crate::time::{FLUSH_BACKOFF, MAX_FLUSH_PAUSE_MS, MIN_FLUSH_PAUSE_MS};

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Poll {
    /// Send the next write, and call [`Flusher::settled`] with its outcome.
    Send,
    /// Poll again after this many milliseconds.
    Wait(f64),
    /// Poll again when something has changed.
    Idle,
}

/// Schedules the writes of one user in one tab. All times are milliseconds of a monotonic clock.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "they change independently")]
pub struct Flusher {
    is_online: bool,
    is_leader: bool,
    has_pending: bool,
    /// Whether the application asked for an attempt, whatever the browser says about the network.
    is_asked: bool,
    is_in_flight: bool,
    /// The number of failures in a row.
    failures: u32,
    /// When the backoff ends.
    retry_ms: f64,
    /// When the server accepts requests again, according to its `Retry-After`.
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
    /// Reports what the browser says about the network. Coming online ends the backoff.
    pub fn set_online(&mut self, is_online: bool) {
        if is_online && !self.is_online {
            self.end_backoff();
        }
        self.is_online = is_online;
    }

    /// Reports whether this tab leads. Only the leader sends.
    pub fn set_leader(&mut self, is_leader: bool) {
        self.is_leader = is_leader;
    }

    /// Reports whether there are writes to send.
    pub fn set_pending(&mut self, has_pending: bool) {
        self.has_pending = has_pending;
        self.is_asked &= has_pending;
    }

    /// Ends the backoff and allows one attempt, even if the browser says that it is offline.
    pub fn flush(&mut self) {
        self.is_asked = true;
        self.end_backoff();
    }

    /// What to do at `now_ms`. After [`Poll::Send`], a write is in flight until [`Flusher::settled`] is called.
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

    /// Reports the outcome of the write in flight; `None` if there was no write to send. `random` is uniform in [0, 1).
    /// `retry_after_ms` is the pause that the server asked for.
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

    /// Whether a write is in flight, or the next one may be sent without waiting.
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
