//! When a failed attempt is worth another one, and how long to wait before it.

use crate::error::Error;
use crate::time::{jittered, MAX_ATTEMPTS, MAX_RETRY_AFTER_MS, REQUEST_BACKOFF};

/// How often and how patiently to retry.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(tsify::Tsify), serde(rename_all = "camelCase"))]
pub struct RetryConfig {
    /// Attempts in all, the first one included; at least 1.
    pub max_attempts: u32,
    /// Wait before the second attempt, in milliseconds.
    pub initial_backoff_ms: f64,
    /// No wait is longer, in milliseconds.
    pub max_backoff_ms: f64,
    /// Each wait is this many times the one before.
    pub backoff_multiplier: f64,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_attempts: MAX_ATTEMPTS,
            initial_backoff_ms: REQUEST_BACKOFF.first_ms,
            max_backoff_ms: REQUEST_BACKOFF.max_ms,
            backoff_multiplier: 2.0,
        }
    }
}

/// What to do after a failed attempt.
#[derive(Debug, PartialEq)]
pub enum Decision {
    /// Try again after this many milliseconds.
    Retry(f64),
    /// The error is final: hand it to the caller as it is.
    Surface,
    /// It could have been retried, but the attempts are used up.
    Exhausted,
}

impl RetryConfig {
    /// Decides after attempt number `attempt` (from 1) failed with `error`.
    ///
    /// `retry_after_ms` is what the server asked for; `random` is uniform in [0, 1). The wait lies between half and
    /// all of the exponential backoff, so that clients that failed together do not return together.
    pub fn decide(&self, error: &Error, attempt: u32, retry_after_ms: Option<f64>, random: f64) -> Decision {
        if !error.retryable || retry_after_ms.is_some_and(|ms| ms > MAX_RETRY_AFTER_MS) {
            return Decision::Surface;
        }
        if attempt >= self.max_attempts {
            return if self.max_attempts <= 1 { Decision::Surface } else { Decision::Exhausted };
        }
        let backoff = (1..attempt).fold(self.initial_backoff_ms, |ms, _| ms * self.backoff_multiplier);
        let jittered = jittered(backoff.min(self.max_backoff_ms), random);
        Decision::Retry(retry_after_ms.map_or(jittered, |asked| asked.max(jittered)))
    }
}

/// Whether an HTTP status speaks of a passing trouble.
pub fn status_is_transient(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 520..=524)
}

/// Whether a Postgres code decides the question, whatever the status: serialization failure, deadlock and too many
/// connections pass; a statement timeout arrives as 500 and would only time out again.
pub fn code_is_transient(code: &str) -> Option<bool> {
    match code {
        "40001" | "40P01" | "53300" => Some(true),
        "57014" => Some(false),
        _ => None,
    }
}
