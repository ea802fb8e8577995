//! The error type. Its `code` is API: callers branch on it, never on the message.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

/// The codes that this library defines. All other codes are `PostgREST`'s or Postgres's own.
pub mod code {
    /// A function was called before `configure`.
    pub const NOT_CONFIGURED: &str = "NOT_CONFIGURED";
    /// An argument is invalid; nothing was sent.
    pub const INVALID_INPUT: &str = "INVALID_INPUT";
    /// The row to change does not exist or is not visible to the user.
    pub const NOT_FOUND: &str = "NOT_FOUND";
    /// The row changed since the caller read it, or the row to create already exists.
    pub const CONFLICT: &str = "CONFLICT";
    /// The server could not be reached, or its response was truncated or not the expected JSON.
    pub const NETWORK: &str = "NETWORK";
    /// An attempt took longer than its timeout.
    pub const TIMEOUT: &str = "TIMEOUT";
    /// The caller's signal, a change of user, or `close` ended the call.
    pub const ABORTED: &str = "ABORTED";
    /// Every attempt failed; the last failure is the cause.
    pub const RETRY_EXHAUSTED: &str = "RETRY_EXHAUSTED";
    /// The database lacks a policy or a function; the hint names the file that adds it.
    pub const MIGRATION_REQUIRED: &str = "MIGRATION_REQUIRED";
    /// The server returned an error without a code.
    pub const UNKNOWN_ERROR: &str = "UNKNOWN_ERROR";
}

/// The cause of an error.
#[derive(Clone)]
pub enum Cause {
    /// Another error of this library.
    Error(Error),
    /// A value thrown by the host. Only the code that stored it can read it.
    Thrown(Rc<dyn Any>),
}

/// Why a call failed.
///
/// `message` and `hint` never contain a row's value, a token or a key. `details` may contain the server's own text
/// and is never logged; it is removed from errors of requests that carry a secret. Cloning is cheap: all callers that waited for the same request get the same error.
#[derive(Clone)]
pub struct Error {
    report: Rc<Report>,
}

/// What is known about a failure.
pub struct Report {
    /// The code to branch on, see [`code`].
    pub code: Cow<'static, str>,
    /// A readable sentence.
    pub message: Cow<'static, str>,
    /// HTTP status of the response, if there was one.
    pub status: Option<u16>,
    /// Further text from the server, which may quote values. `None` if the request carries a secret.
    pub details: Option<String>,
    /// How to solve the problem.
    pub hint: Option<String>,
    /// Number of requests made for this call.
    pub attempts: u32,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// The underlying cause.
    pub cause: Option<Cause>,
    /// The conflicting and the merged parts of a graph. Only the code that stored it can read it.
    pub conflict: Option<Rc<dyn Any>>,
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
    /// A report with only a code and a message.
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
            conflict: None,
        }
    }
}

impl Error {
    /// An error with only a code and a message.
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Report::new(code, message).into()
    }

    /// An invalid argument: `field` is its name, `expected` describes valid values.
    pub fn invalid(field: &str, expected: &str) -> Self {
        Self::new(code::INVALID_INPUT, [field, ": expected ", expected].concat())
    }

    /// The server could not be reached, or the response was truncated.
    pub fn network(message: &'static str, status: Option<u16>, cause: Option<Cause>) -> Self {
        Report { status, retryable: true, cause, ..Report::new(code::NETWORK, message) }.into()
    }

    /// An attempt timed out.
    pub fn timeout() -> Self {
        let message = "The server did not respond within the timeout";
        Report { retryable: true, ..Report::new(code::TIMEOUT, message) }.into()
    }

    /// The call was ended by the caller, a change of user, or `close`.
    pub fn aborted(message: &'static str) -> Self {
        Self::new(code::ABORTED, message)
    }

    /// There is no such row in `table`.
    pub fn not_found(table: &str) -> Self {
        Self::new(code::NOT_FOUND, ["No such row in ", table].concat())
    }

    /// This error, with the number of requests.
    #[must_use]
    pub fn after(mut self, attempts: u32) -> Self {
        // If other callers share this error, its requests were counted when it was created.
        if let Some(report) = Rc::get_mut(&mut self.report) {
            report.attempts = attempts;
        }
        self
    }

    /// This error with other details, if no one else references it.
    #[must_use]
    pub fn with_details(mut self, details: Option<String>) -> Self {
        if let Some(report) = Rc::get_mut(&mut self.report) {
            report.details = details;
        }
        self
    }

    /// Whether this error has the code.
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
