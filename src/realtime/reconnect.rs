//! How often to try, and when to tell that it is no use.

use crate::time::{
    JOINS_AT_ONCE, JOIN_SPACING_MS, MIN_LIFE_MS, MIN_RECONNECT_MS, RECONNECT_BACKOFF, REFUSALS_TO_TELL,
    TROUBLE_MS,
};

/// Counts failed connections, or failed joins of one channel, in a row.
#[derive(Default)]
pub(super) struct Reconnects {
    failures: u32,
}

impl Reconnects {
    /// One more failure: how long to wait now. The wait is anything up to the limit, so that clients whom one outage
    /// threw out do not come back together.
    pub fn wait_ms(&mut self, random: f64) -> f64 {
        let limit = RECONNECT_BACKOFF.wait_ms(self.failures);
        self.failures = self.failures.saturating_add(1);
        (random * limit).max(MIN_RECONNECT_MS)
    }

    /// What failed had worked since `since_ms`. Only what worked for a while wipes the slate: a server that takes
    /// everybody in and throws them out at once must not be asked at full speed.
    pub fn lived(&mut self, since_ms: f64, now_ms: f64) {
        if now_ms - since_ms >= MIN_LIFE_MS {
            self.failures = 0;
        }
    }
}

/// Failures since something last worked, to know when the application has to be told.
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

    /// Whether it is more than a hiccup.
    pub fn is_lasting(&self, now_ms: f64) -> bool {
        self.refusals >= REFUSALS_TO_TELL || self.lasts_from_ms() <= now_ms
    }

    /// From when on it is, whatever happens until then; infinite when there is none.
    pub fn lasts_from_ms(&self) -> f64 {
        self.since_ms.map_or(f64::INFINITY, |since_ms| since_ms + TROUBLE_MS)
    }
}

/// Spaces joins.
pub(super) struct Pace {
    /// When the joins sent so far would be through, had each waited for its turn.
    through_ms: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { through_ms: f64::NEG_INFINITY }
    }
}

impl Pace {
    /// When the next join may go out.
    pub fn next_ms(&self) -> f64 {
        self.through_ms - (JOINS_AT_ONCE - 1.0) * JOIN_SPACING_MS
    }

    /// One went out.
    pub fn took(&mut self, now_ms: f64) {
        self.through_ms = self.through_ms.max(now_ms) + JOIN_SPACING_MS;
    }
}
