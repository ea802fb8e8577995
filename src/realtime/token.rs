//! The token: whether it is being requested, and when it must be renewed.

use super::Token;
use crate::time::{
    Moment, RECONNECT_BACKOFF, REFRESH_GAP_MS, REFRESH_LEAD_MS, STALE_REFRESH_MS, TOKEN_TIMEOUT_MS,
};

pub(super) struct Tokens {
    current: Option<Token>,
    /// The number of tokens so far, so that a channel knows whether the server has received this one.
    pub version: u32,
    pub is_asking: bool,
    asked_ms: f64,
    refresh_ms: f64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            current: None,
            version: 0,
            is_asking: false,
            asked_ms: f64::NEG_INFINITY,
            refresh_ms: f64::INFINITY,
        }
    }
}

impl Tokens {
    pub fn text(&self) -> Option<&str> {
        self.current.as_ref().map(|token| &*token.text)
    }

    /// Records that the token is being requested.
    pub fn ask(&mut self, now_ms: f64) {
        self.is_asking = true;
        self.asked_ms = now_ms;
        self.refresh_ms = f64::INFINITY;
    }

    /// When the provider may be asked again after an error from the server.
    pub fn next_ask_ms(&self) -> f64 {
        self.asked_ms + RECONNECT_BACKOFF.first_ms
    }

    /// When a pending request counts as failed; infinity if there is none.
    pub fn give_up_ms(&self) -> f64 {
        if self.is_asking {
            self.asked_ms + TOKEN_TIMEOUT_MS
        } else {
            f64::INFINITY
        }
    }

    /// When to renew the token.
    pub fn refresh_ms(&self) -> f64 {
        self.refresh_ms
    }

    /// Sets the token.
    pub fn replace(&mut self, token: Option<Token>, now: Moment) {
        // Receiving the same token again does not extend its lifetime.
        if self.text() != token.as_ref().map(|token| &*token.text) {
            self.version = self.version.wrapping_add(1);
            self.current = token;
        }
        self.refresh_ms = f64::INFINITY;
        self.plan(now);
    }

    /// Schedules the renewal by the wall clock, which continues while the machine sleeps. Never postpones it.
    pub fn plan(&mut self, now: Moment) {
        let Some(expires_ms) = self.current.as_ref().and_then(|token| token.expires_wall_ms) else { return };
        let left_ms = expires_ms - now.wall_ms;
        let wait_ms = if left_ms > 0.0 {
            (left_ms - REFRESH_LEAD_MS.min(left_ms / 2.0)).max(REFRESH_GAP_MS)
        } else {
            STALE_REFRESH_MS
        };
        if !self.is_asking {
            self.refresh_ms = self.refresh_ms.min(now.monotonic_ms + wait_ms);
        }
    }
}

/// Whether a server's text blames the token (recordings `expired-token` and `access-token-refresh`; newer servers write
/// `InvalidJWTToken: …`).
pub(super) fn is_blamed(text: &str) -> bool {
    // Not `str::contains`, which would add several kilobytes.
    ["oken", "JWT", "Jwt", "signature", "claims", "signer"]
        .iter()
        .any(|word| text.as_bytes().windows(word.len()).any(|part| part == word.as_bytes()))
}
