//! What an HTTP answer means.

use crate::data::{Data, Value};
use crate::error::{code, Error, Report};
use crate::retry::{code_is_transient, status_is_transient};
use std::borrow::Cow;

/// An HTTP answer.
pub struct Reply<D> {
    /// The status code.
    pub status: u16,
    /// The `Content-Range` header, such as `0-24/3573`, `*/0` or `0-24/*`.
    pub content_range: Option<String>,
    /// The `Retry-After` header, where the page may read it.
    pub retry_after: Option<String>,
    /// What came with it.
    pub body: Body<D>,
}

/// The body of an answer.
pub enum Body<D> {
    /// JSON.
    Data(D),
    /// There was none.
    Empty,
    /// It broke off, or was not JSON.
    Broken,
}

/// What a successful answer holds.
pub struct Answer<D> {
    /// The rows.
    pub rows: D,
    /// How many rows match in all, when that was asked.
    pub total: Option<u32>,
}

/// The rows of an answer, or why there are none.
pub fn classify<D: Data>(reply: Reply<D>) -> Result<Answer<D>, Error> {
    let total = reply.content_range.as_deref().and_then(total_of);
    match (reply.status, reply.body) {
        (200..=299, Body::Data(rows)) => Ok(Answer { rows, total }),
        (status @ 200..=299, _) => {
            Err(Error::network("The answer broke off or was not JSON", Some(status), None))
        }
        // An offset past the end of a counted list is an empty page (PostgREST answers 416, PGRST103, with the total).
        // Its body says no more, and Chromium may hand it out behind that of an earlier answer from the same address.
        (416, _) if total.is_some() => Ok(Answer { rows: D::list(&[]), total }),
        (status, Body::Data(body)) => Err(server_error(status, &body)),
        (status, _) => Err(bare_error(status)),
    }
}

/// The number after the slash of a `Content-Range`.
fn total_of(content_range: &str) -> Option<u32> {
    content_range.split('/').nth(1)?.parse().ok()
}

/// Milliseconds of a `Retry-After` in seconds. Its other form, a date, would have to be compared with a clock that
/// may be wrong, and is ignored.
pub fn retry_after_ms(header: &str) -> Option<f64> {
    header.trim().parse::<u32>().ok().map(|seconds| f64::from(seconds) * 1_000.0)
}

fn bare_error(status: u16) -> Error {
    Report {
        status: Some(status),
        retryable: status_is_transient(status),
        ..Report::new(code::UNKNOWN_ERROR, ["The server answered ", &status.to_string()].concat())
    }
    .into()
}

fn server_error<D: Data>(status: u16, body: &D) -> Error {
    let text = |name| match body.column(name) {
        Value::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    };
    let Some(code) = text("code") else {
        return bare_error(status);
    };
    // What the package's own functions raise: PostgREST takes the status from the code's last three digits.
    let code: Cow<'static, str> = match code.as_str() {
        "PT404" => code::NOT_FOUND.into(),
        "PT409" => code::CONFLICT.into(),
        "PT400" => code::INVALID_INPUT.into(),
        _ => code.into(),
    };
    let message = match text("message") {
        Some(message) if !quotes_values(&code) => message,
        _ => ["The database refused a value or could not read it (", &code, ")"].concat(),
    };
    Report {
        status: Some(status),
        details: text("details"),
        hint: text("hint").filter(|_| !quotes_values(&code)),
        retryable: code_is_transient(&code).unwrap_or_else(|| status_is_transient(status)),
        ..Report::new(code, message)
    }
    .into()
}

/// Whether the server's text for this code quotes what was sent: data exceptions (class 22), errors that functions
/// raise themselves (P0001), and `PostgREST`'s own about a part of the request it could not parse (`PGRST1xx`).
fn quotes_values(code: &str) -> bool {
    code.starts_with("22") || code.starts_with("P0") || code.starts_with("PGRST1")
}
