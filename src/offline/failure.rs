//! Whether a write failed for a temporary reason, or because the server refused it.

use super::json::Object;
use crate::error::code;
use crate::retry::code_is_transient;

/// The parts of an error that decide this.
pub(super) struct Failure {
    code: String,
    status: u64,
    is_retryable: bool,
}

impl Failure {
    pub fn parse(error: &str) -> Option<Self> {
        let error = Object::parse(error)?;
        Some(Self {
            code: error.text("code")?,
            status: error.whole("status").unwrap_or(0),
            is_retryable: error.get("retryable").is_some_and(|flag| flag.0 == "true"),
        })
    }

    /// Whether the same write may succeed later. Otherwise, the application has to decide.
    pub fn is_passing(&self) -> bool {
        self.is_retryable || self.is_interruption() || (self.is_status_passing() && !self.is_verdict())
    }

    /// The request did not reach the server, or the response was lost.
    fn is_interruption(&self) -> bool {
        matches!(
            self.code.as_str(),
            code::NETWORK | code::TIMEOUT | code::ABORTED | code::RETRY_EXHAUSTED | code::NOT_CONFIGURED
        )
    }

    /// The server is overloaded or failing, or requires a new token, which the application may provide at any time.
    fn is_status_passing(&self) -> bool {
        self.status >= 500 || matches!(self.status, 401 | 408 | 425 | 429)
    }

    /// An error that would happen again, in spite of such a status.
    fn is_verdict(&self) -> bool {
        code_is_transient(&self.code) == Some(false)
    }
}
