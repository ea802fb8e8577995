//! How long to wait for what. Every constant of the session is here.

/// A socket that is not open after so long never will be.
pub const CONNECT_TIMEOUT_MS: f64 = 10_000.0;
/// A token provider that has not answered after so long has failed.
pub const TOKEN_TIMEOUT_MS: f64 = 30_000.0;
/// A join that is not answered after so long is sent again.
pub const JOIN_TIMEOUT_MS: f64 = 10_000.0;
/// A joined channel that is not ready after so long is joined again. A server that had no subscriber takes up to five
/// seconds by itself (recording `timing-cold-join`).
pub const READY_TIMEOUT_MS: f64 = 60_000.0;
/// The server closes a socket on which it heard nothing for 60 s (recording `missed-heartbeats`).
pub const HEARTBEAT_MS: f64 = 25_000.0;
/// A socket whose heartbeat is not answered after so long is dead.
pub const HEARTBEAT_TIMEOUT_MS: f64 = 10_000.0;
/// The same when there is reason for suspicion.
pub const CHECK_TIMEOUT_MS: f64 = 5_000.0;
/// A timer that fires later than this tells of a hidden tab or of sleep.
pub const LATE_MS: f64 = 5_000.0;
/// How long a socket without channels is kept, so that what is taken down and put up again finds it.
pub const LINGER_MS: f64 = 1_000.0;
/// Whatever the user does, connections are not begun more often.
pub const CONNECT_GAP_MS: f64 = 1_000.0;

/// The first wait after a failure is at most this long, each further one at most twice the one before.
pub const WAIT_MS: f64 = 1_000.0;
/// No wait is longer.
pub const MAX_WAIT_MS: f64 = 30_000.0;
/// No wait is shorter.
pub const MIN_WAIT_MS: f64 = 100.0;
/// What lived so long did not fail at once: the next wait is a first one again.
pub const MIN_LIFE_MS: f64 = 10_000.0;

/// After this many refusals in a row, the application is told. Each comes from someone who answers: a server
/// that refuses the connection or the join, or a token provider that throws. With the waits between them, the third comes
/// 1.5 s after the first on average.
pub const REFUSALS_TO_TELL: u32 = 3;
/// What has been tried for so long without success is told, whatever the reason: nothing may answer at all. Restarts of a
/// server and changes of the network are mostly over by then.
pub const TROUBLE_MS: f64 = 8_000.0;

/// A refused subscription is tried again after about so long, then after twice that, and so on. Older servers try by
/// themselves every 5 to 10 s (recording `bad-filter-unknown-table`), newer ones never.
pub const REFUSED_RETRY_MS: f64 = 60_000.0;
/// But at least every so often.
pub const MAX_REFUSED_RETRY_MS: f64 = 600_000.0;

/// A token is renewed so long before it expires, or at half of its life when that is shorter.
pub const REFRESH_LEAD_MS: f64 = 60_000.0;
/// The provider is not asked for a renewal more often.
pub const REFRESH_GAP_MS: f64 = 5_000.0;
/// While the provider gives tokens that by our clock are expired, it is asked so often: the clock may be wrong.
pub const STALE_REFRESH_MS: f64 = 30_000.0;

/// So many joins may go out at once; the rest follows one by one. With the spacing that makes at most 50 in any second;
/// the server takes 100 of a whole project (recording `rate-limits-joins`).
pub const JOINS_AT_ONCE: f64 = 10.0;
/// Time between two joins in the long run.
pub const JOIN_SPACING_MS: f64 = 25.0;

/// `first_ms`, doubled `times` times, but no more than `most_ms`.
pub(super) fn doubled(first_ms: f64, times: u32, most_ms: f64) -> f64 {
    (first_ms * f64::from(1_u32 << times.min(16))).min(most_ms)
}

/// Counts failures in a row.
#[derive(Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// One more failure: how long to wait now. The wait is anything up to the limit, so that clients whom one outage
    /// threw out do not come back together.
    pub fn wait_ms(&mut self, random: f64) -> f64 {
        let limit = doubled(WAIT_MS, self.failures, MAX_WAIT_MS);
        self.failures = self.failures.saturating_add(1);
        (random * limit).max(MIN_WAIT_MS)
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
