//! The one error type. Its `code` is API: callers branch on it, never on the message.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

/// Codes that this library makes itself. Every other code is `PostgREST`'s or Postgres's own.
pub mod code {
    /// A function was called before `configure`.
    pub const NOT_CONFIGURED: &str = "NOT_CONFIGURED";
    /// An argument was refused before anything was sent.
    pub const INVALID_INPUT: &str = "INVALID_INPUT";
    /// The row to change does not exist or is not visible to the user.
    pub const NOT_FOUND: &str = "NOT_FOUND";
    /// The row changed since the caller read it, or the row to create exists.
    pub const CONFLICT: &str = "CONFLICT";
    /// The server was not reached, or its answer broke off or was not the JSON that was asked for.
    pub const NETWORK: &str = "NETWORK";
    /// An attempt took longer than its timeout.
    pub const TIMEOUT: &str = "TIMEOUT";
    /// The caller's signal, a change of user, or `close` ended the call.
    pub const ABORTED: &str = "ABORTED";
    /// Every attempt failed; the last failure is the cause.
    pub const RETRY_EXHAUSTED: &str = "RETRY_EXHAUSTED";
    /// The database lacks a policy or a function; the hint names the file that adds it.
    pub const MIGRATION_REQUIRED: &str = "MIGRATION_REQUIRED";
    /// The server answered with an error that names no code.
    pub const UNKNOWN_ERROR: &str = "UNKNOWN_ERROR";
}

/// What an error stems from.
#[derive(Clone)]
pub enum Cause {
    /// An earlier error of ours.
    Error(Error),
    /// Whatever the host threw; only the shell that put it there can read it.
    Thrown(Rc<dyn Any>),
}

/// Why a call failed.
///
/// `message` and `hint` never hold a row's value, a token or a key. `details` may hold the server's own text and is never
/// logged. Cloning is cheap: everybody who waited for the same request gets the same error.
#[derive(Clone)]
pub struct Error {
    report: Rc<Report>,
}

/// What is known of a failure.
pub struct Report {
    /// What to branch on, see [`code`].
    pub code: Cow<'static, str>,
    /// One sentence for a person.
    pub message: Cow<'static, str>,
    /// HTTP status of the answer, when there was one.
    pub status: Option<u16>,
    /// The server's own further text.
    pub details: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// How many requests were made for this call.
    pub attempts: u32,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// What lies beneath.
    pub cause: Option<Cause>,
}

impl Deref for Error {
    type Target = Report;

    fn deref(&self) -> &Report {
        &self.report
    }
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self { report: Rc::new(report) }
    }
}

impl Report {
    /// Of `code`, with nothing else known.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status: None,
            details: None,
            hint: None,
            attempts: 0,
            retryable: false,
            cause: None,
        }
    }
}

impl Error {
    /// An error of `code` with nothing else known about it.
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Report::new(code, message).into()
    }

    /// An argument was refused: `field` is its name, `expected` what it should have been.
    pub fn invalid(field: &str, expected: &str) -> Self {
        Self::new(code::INVALID_INPUT, [field, ": expected ", expected].concat())
    }

    /// The server was not reached, or broke off.
    pub fn network(message: &'static str, status: Option<u16>, cause: Option<Cause>) -> Self {
        Report { status, retryable: true, cause, ..Report::new(code::NETWORK, message) }.into()
    }

    /// One attempt ran out of its time.
    pub fn timeout() -> Self {
        let message = "The server did not answer within the timeout";
        Report { retryable: true, ..Report::new(code::TIMEOUT, message) }.into()
    }

    /// The call was ended from outside.
    pub fn aborted(message: &'static str) -> Self {
        Self::new(code::ABORTED, message)
    }

    /// No row of `table` has what was asked for.
    pub fn not_found(table: &str) -> Self {
        Self::new(code::NOT_FOUND, ["No such row in ", table].concat())
    }

    /// The same error, after so many requests.
    #[must_use]
    pub fn after(mut self, attempts: u32) -> Self {
        // An error that others hold already was counted when it was made.
        if let Some(report) = Rc::get_mut(&mut self.report) {
            report.attempts = attempts;
        }
        self
    }

    /// The same error with other details, where this is its only holder.
    #[must_use]
    pub fn with_details(mut self, details: Option<String>) -> Self {
        if let Some(report) = Rc::get_mut(&mut self.report) {
            report.details = details;
        }
        self
    }

    /// Whether this is an error of that code.
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        f.write_str(": ")?;
        f.write_str(&self.message)
    }
}
