//! Delays after repeated failures. All backoffs of the package are here; `scripts/generate` exports those that
//! TypeScript uses.

/// Delays that double with each consecutive failure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// Delay after the first failure, in milliseconds.
    pub first_ms: f64,
    /// Maximum delay, in milliseconds.
    pub max_ms: f64,
}

impl Backoff {
    /// The delay after a failure that was preceded by `earlier` others.
    ///
    /// ```
    /// use workflow_db::time::Backoff;
    ///
    /// let backoff = Backoff { first_ms: 100.0, max_ms: 1_000.0 };
    /// assert_eq!([0, 1, 2, 9].map(|earlier| backoff.wait_ms(earlier)), [100.0, 200.0, 400.0, 1_000.0]);
    /// ```
    pub fn wait_ms(self, earlier: u32) -> f64 {
        (self.first_ms * f64::from(1_u32 << earlier.min(16))).min(self.max_ms)
    }
}

/// A random delay between half of `ms` and `ms`, so that clients that failed together do not return together.
/// `random` is uniform in [0, 1).
pub fn jittered(ms: f64, random: f64) -> f64 {
    ms * (0.5 + random / 2.0)
}

/// Default number of attempts of a request, including the first.
pub const MAX_ATTEMPTS: u32 = 3;
/// Default backoff between the attempts of a request.
pub const REQUEST_BACKOFF: Backoff = Backoff { first_ms: 100.0, max_ms: 5_000.0 };
/// Maximum pause that a server may ask for, in milliseconds. If it asks for more, the call fails immediately.
pub const MAX_RETRY_AFTER_MS: f64 = 60_000.0;

/// Between attempts to connect or to join, with full jitter.
pub const RECONNECT_BACKOFF: Backoff = Backoff { first_ms: 1_000.0, max_ms: 30_000.0 };
/// Minimum time between attempts to connect or to join, regardless of jitter, in milliseconds.
pub const MIN_RECONNECT_MS: f64 = 100.0;
/// A connection that lasted for this many milliseconds counts as a success and resets the backoff.
pub const MIN_LIFE_MS: f64 = 10_000.0;
/// Between attempts to join with bindings that the server refuses. Older servers retry by themselves every 5 to 10 s
/// (recording `bad-filter-unknown-table`), newer ones never.
pub const REFUSED_BACKOFF: Backoff = Backoff { first_ms: 60_000.0, max_ms: 600_000.0 };

/// Between attempts to read a scope. When the channel becomes ready again, the scope is read immediately.
pub const RESYNC_BACKOFF: Backoff = Backoff { first_ms: 2_000.0, max_ms: 300_000.0 };
/// After a missing echo has caused all scopes to be read, another one is ignored for this time: the table may not be
/// published.
pub const ECHO_BACKOFF: Backoff = Backoff { first_ms: 60_000.0, max_ms: 900_000.0 };

/// Between the reads of a hook whose reads fail.
pub const HOOK_RETRY_BACKOFF: Backoff = Backoff { first_ms: 2_000.0, max_ms: 60_000.0 };
/// Between the reads of a hook whose entry is dropped repeatedly. The first one follows immediately.
pub const HOOK_REREAD_BACKOFF: Backoff = Backoff { first_ms: 50.0, max_ms: 2_000.0 };
/// If a hook's entry stayed for this many milliseconds, it may be read again immediately.
pub const HOOK_CALM_MS: f64 = 1_000.0;

/// Before an engine is restarted that failed more than once in a row.
pub const RESTART_BACKOFF: Backoff = Backoff { first_ms: 1_000.0, max_ms: 60_000.0 };
/// Failures of the engine within this many milliseconds count as consecutive.
pub const RESTART_CALM_MS: f64 = 60_000.0;

/// Between attempts to send the outbox, with full jitter.
pub const FLUSH_BACKOFF: Backoff = Backoff { first_ms: 1_000.0, max_ms: 60_000.0 };
/// Minimum time between them, regardless of jitter, in milliseconds.
pub const MIN_FLUSH_PAUSE_MS: f64 = 100.0;
/// Maximum pause of the outbox that a server may ask for, in milliseconds.
pub const MAX_FLUSH_PAUSE_MS: f64 = 300_000.0;
