//! Decides whether to retry a failed attempt, and after which delay.

use crate::error::Error;
use crate::time::{jittered, MAX_ATTEMPTS, MAX_RETRY_AFTER_MS, REQUEST_BACKOFF};

/// The retry policy.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(tsify::Tsify), serde(rename_all = "camelCase"))]
pub struct RetryConfig {
    /// Maximum number of attempts, including the first; at least 1.
    pub max_attempts: u32,
    /// Delay before the second attempt, in milliseconds.
    pub initial_backoff_ms: f64,
    /// Maximum delay, in milliseconds.
    pub max_backoff_ms: f64,
    /// The factor from each delay to the next.
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
    /// The error is final: return it unchanged.
    Surface,
    /// The error is transient, but there are no attempts left.
    Exhausted,
}

impl RetryConfig {
    /// Decides what to do after attempt number `attempt` (from 1) failed with `error`.
    ///
    /// `retry_after_ms` is the delay that the server asked for; `random` is uniform in [0, 1). The delay is between
    /// half and all of the exponential backoff, so that clients that failed together do not return together.
    ///
    /// ```
    /// use workflow_db::error::Error;
    /// use workflow_db::retry::{Decision, RetryConfig};
    ///
    /// let policy = RetryConfig::default();
    /// assert_eq!(policy.decide(&Error::timeout(), 1, None, 0.0), Decision::Retry(50.0));
    /// assert_eq!(policy.decide(&Error::timeout(), 3, None, 0.0), Decision::Exhausted);
    /// assert_eq!(policy.decide(&Error::invalid("id", "a uuid"), 1, None, 0.0), Decision::Surface);
    /// ```
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

/// Whether an HTTP status indicates a transient failure.
pub fn status_is_transient(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 520..=524)
}

/// Whether a Postgres code indicates a transient failure, if it decides that regardless of the status. Serialization
/// failures, deadlocks and too many connections are transient; a statement timeout arrives as 500 and would only time
/// out again.
pub fn code_is_transient(code: &str) -> Option<bool> {
    match code {
        "40001" | "40P01" | "53300" => Some(true),
        "57014" => Some(false),
        _ => None,
    }
}
