//! When to retry, and when to report that retrying does not help.

use crate::error::Error;
use crate::time::{
    JOINS_AT_ONCE, JOIN_SPACING_MS, MIN_LIFE_MS, MIN_RECONNECT_MS, RECONNECT_BACKOFF, REFUSALS_TO_TELL,
    TROUBLE_MS,
};

/// Counts consecutive failures of connections, or of one channel's joins.
#[derive(Default)]
pub(super) struct Reconnects {
    failures: u32,
}

impl Reconnects {
    /// Counts a failure and returns the delay. It is random between zero and the limit, so that clients disconnected
    /// by the same outage do not return together.
    pub fn wait_ms(&mut self, random: f64) -> f64 {
        let limit = RECONNECT_BACKOFF.wait_ms(self.failures);
        self.failures = self.failures.saturating_add(1);
        (random * limit).max(MIN_RECONNECT_MS)
    }

    /// Records that what failed now had worked since `since_ms`. Only a success that lasted resets the counter,
    /// because a server that accepts and immediately drops every client must not be retried at full speed.
    pub fn lived(&mut self, since_ms: f64, now_ms: f64) {
        if now_ms - since_ms >= MIN_LIFE_MS {
            self.failures = 0;
        }
    }
}

/// Failures since the last success, to decide when to inform the application.
#[derive(Default)]
pub(super) struct Trouble {
    refusals: u32,
    since_ms: Option<f64>,
}

impl Trouble {
    /// An attempt begins.
    pub fn begin(&mut self, now_ms: f64) {
        self.since_ms.get_or_insert(now_ms);
    }

    /// An attempt was refused.
    pub fn refused(&mut self) {
        self.refusals = self.refusals.saturating_add(1);
    }

    /// Whether the trouble has lasted long enough to report it.
    pub fn is_lasting(&self, now_ms: f64) -> bool {
        self.refusals >= REFUSALS_TO_TELL || self.lasts_from_ms() <= now_ms
    }

    /// When that will be the case, without further events; infinity if there is no trouble.
    pub fn lasts_from_ms(&self) -> f64 {
        self.since_ms.map_or(f64::INFINITY, |since_ms| since_ms + TROUBLE_MS)
    }
}

/// The time without a working socket, from the first attempt to connect.
#[derive(Default)]
pub(super) struct Outage {
    trouble: Trouble,
    /// The error of the last attempt.
    error: Option<Error>,
    is_reported: bool,
}

impl Outage {
    /// An attempt begins.
    pub fn begin(&mut self, now_ms: f64) {
        self.trouble.begin(now_ms);
    }

    /// The attempt was refused.
    pub fn refused(&mut self) {
        self.trouble.refused();
    }

    /// The attempt failed, or the socket was lost.
    pub fn failed(&mut self, error: Error) {
        self.error = Some(error);
    }

    /// The error, if it was reported.
    pub fn reported(&self) -> Option<&Error> {
        self.error.as_ref().filter(|_| self.is_reported)
    }

    /// The error to report, once the outage lasts. Reports it once.
    pub fn report(&mut self, now_ms: f64) -> Option<&Error> {
        if self.is_reported || !self.trouble.is_lasting(now_ms) {
            return None;
        }
        self.is_reported = true;
        // If nothing has failed so far, nothing has replied.
        Some(self.error.get_or_insert_with(Error::timeout))
    }

    /// When the outage is to be reported, without further events; infinity if there is nothing to report.
    pub fn report_due_ms(&self) -> f64 {
        if self.is_reported {
            return f64::INFINITY;
        }
        self.trouble.lasts_from_ms()
    }
}

/// Spaces joins out.
pub(super) struct Pace {
    /// When the joins sent so far would have been sent at the regular pace.
    through_ms: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { through_ms: f64::NEG_INFINITY }
    }
}

impl Pace {
    /// When the next join may be sent.
    pub fn next_ms(&self) -> f64 {
        self.through_ms - (JOINS_AT_ONCE - 1.0) * JOIN_SPACING_MS
    }

    /// Records that a join was sent.
    pub fn took(&mut self, now_ms: f64) {
        self.through_ms = self.through_ms.max(now_ms) + JOIN_SPACING_MS;
    }
}
