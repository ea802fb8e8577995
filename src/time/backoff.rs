//! How waits grow after repeated failures. Every backoff of the package is here; `scripts/generate` hands those of
//! TypeScript over.

/// Waits that double with every failure in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The wait after the first failure, in milliseconds.
    pub first_ms: f64,
    /// No wait is longer, in milliseconds.
    pub max_ms: f64,
}

impl Backoff {
    /// The wait after a failure that `earlier` others came before.
    pub fn wait_ms(self, earlier: u32) -> f64 {
        (self.first_ms * f64::from(1_u32 << earlier.min(16))).min(self.max_ms)
    }
}

/// Between half of `ms` and all of it, so that clients that failed together do not return together. `random` is uniform
/// in [0, 1).
pub fn jittered(ms: f64, random: f64) -> f64 {
    ms * (0.5 + random / 2.0)
}

/// Attempts of a request, the first one included, unless configured.
pub const MAX_ATTEMPTS: u32 = 3;
/// Between the attempts of a request, unless configured.
pub const REQUEST_BACKOFF: Backoff = Backoff { first_ms: 100.0, max_ms: 5_000.0 };
/// A server may ask for a pause of this many milliseconds. When it asks for more, the call fails at once.
pub const MAX_RETRY_AFTER_MS: f64 = 60_000.0;

/// Between attempts to connect or to join, with full jitter.
pub const RECONNECT_BACKOFF: Backoff = Backoff { first_ms: 1_000.0, max_ms: 30_000.0 };
/// Whatever the jitter, attempts to connect or to join are at least this many milliseconds apart.
pub const MIN_RECONNECT_MS: f64 = 100.0;
/// A connection that lasted this many milliseconds did not fail at once: the next wait is a first one again.
pub const MIN_LIFE_MS: f64 = 10_000.0;
/// Between attempts to join with a subscription that the server refuses. Older servers try by themselves every 5 to 10 s
/// (recording `bad-filter-unknown-table`), newer ones never.
pub const REFUSED_BACKOFF: Backoff = Backoff { first_ms: 60_000.0, max_ms: 600_000.0 };

/// Between attempts to read a scope. When the channel becomes ready anew, the scope is read at once.
pub const RESYNC_BACKOFF: Backoff = Backoff { first_ms: 2_000.0, max_ms: 300_000.0 };
/// A missing echo makes everything be read again. The next missing echo does so only after this wait: the table may not
/// be published.
pub const ECHO_BACKOFF: Backoff = Backoff { first_ms: 60_000.0, max_ms: 900_000.0 };

/// Between the reads of a hook whose reads fail.
pub const HOOK_RETRY_BACKOFF: Backoff = Backoff { first_ms: 2_000.0, max_ms: 60_000.0 };
/// Between the reads of a hook whose entry is dropped again and again. The first one follows at once.
pub const HOOK_REREAD_BACKOFF: Backoff = Backoff { first_ms: 50.0, max_ms: 2_000.0 };
/// A hook's entry that stayed for this many milliseconds may be read again at once.
pub const HOOK_CALM_MS: f64 = 1_000.0;

/// Before an engine that failed more than once in a row is used as before.
pub const RESTART_BACKOFF: Backoff = Backoff { first_ms: 1_000.0, max_ms: 60_000.0 };
/// Failures of the engine within this many milliseconds are in a row.
pub const RESTART_CALM_MS: f64 = 60_000.0;
