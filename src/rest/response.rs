//! Interprets HTTP responses.

use crate::data::{Data, Form, Value};
use crate::error::{code, Error, Report};
use crate::retry::{code_is_transient, status_is_transient};
use std::borrow::Cow;

/// An HTTP response.
pub struct Reply<D> {
    /// The status code.
    pub status: u16,
    /// The `Content-Range` header, such as `0-24/3573`, `*/0` or `0-24/*`.
    pub content_range: Option<String>,
    /// The delay requested by the `Retry-After` header, if the page may read it.
    pub retry_after_ms: Option<f64>,
    /// The body.
    pub body: ResponseBody<D>,
}

/// The body of a response.
pub enum ResponseBody<D> {
    /// JSON.
    Data(D),
    /// Missing, or not JSON.
    None,
    /// Truncated.
    Broken,
    /// The response of another service, which the API relay returns unread.
    Service(D),
}

/// The content of a successful response.
pub struct Answer<D> {
    /// The rows, or any other requested data.
    pub rows: D,
    /// The total of matching rows. `None` if it was not requested, or is missing or implausible.
    pub total: Option<u32>,
    /// The number of rows before the first one. `None` if the server does not report it.
    pub offset: Option<u32>,
    /// The status code.
    pub status: u16,
}

const TRUNCATED: &str = "The response was truncated or is not the requested JSON";

/// The rows of a response, or the error. A success that lacks the requested `form`, which can come from a gateway, is
/// an error.
pub fn classify<D: Data>(reply: Reply<D>, form: Form) -> Result<Answer<D>, Error> {
    let (offset, total) = reply.content_range.as_deref().map_or((None, None), parse_range);
    match (reply.status, reply.body) {
        // With any status, it is the service's response.
        (status, ResponseBody::Service(rows)) => Ok(Answer { rows, total: None, offset: None, status }),
        (status @ 200..=299, ResponseBody::Data(rows)) if rows.is(form) => {
            let came = u64::from(offset.unwrap_or(0)) + rows.len() as u64;
            // A total below the number of rows received is not their total.
            let total = total.filter(|total| u64::from(*total) >= came);
            Ok(Answer { rows, total, offset, status })
        }
        (status @ 200..=299, body) => {
            let said = match &body {
                ResponseBody::Data(body) => explanation(body),
                _ => None,
            };
            Err(Error::network(TRUNCATED, Some(status), None).with_details(said))
        }
        // Not followed, because the key, the token and the rows would be sent too. Browsers hide a redirect's status.
        (status @ (0 | 301 | 302 | 303 | 307 | 308), _) => Err(redirected(status)),
        // An offset past the end of a counted list is an empty page (PostgREST responds with 416, PGRST103 and the
        // total). The body adds nothing, and Chromium may deliver it appended to an earlier response from the same
        // URL.
        (status @ 416, _) if total.is_some() => {
            Ok(Answer { rows: D::list(&[]), total, offset: None, status })
        }
        (status, ResponseBody::Data(body)) => Err(server_error(status, &body)),
        (status, ResponseBody::None) => Err(bare_report(status).into()),
        // It is unknown what the server refused and why, and whether another attempt would help.
        (status, ResponseBody::Broken) => Err(Error::network(TRUNCATED, Some(status), None)),
    }
}

/// The offset of the first row and the total: `0-24/3573`, `*/0` or `0-24/*`. `None` for missing parts.
fn parse_range(content_range: &str) -> (Option<u32>, Option<u32>) {
    let (range, total) = content_range.split_once('/').unwrap_or((content_range, ""));
    let first = range.split_once('-').map_or("", |(first, _)| first);
    (number(first), number(total))
}

/// A number without a sign; `None` for any other text.
fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|_| !text.contains('+'))
}

/// A report with only the status.
fn bare_report(status: u16) -> Report {
    Report {
        status: Some(status),
        retryable: status_is_transient(status),
        ..Report::new(code::UNKNOWN_ERROR, ["The server answered ", &status.to_string()].concat())
    }
}

fn redirected(status: u16) -> Error {
    let message = "The server redirects to another address, which is not followed";
    let hint = "Configure the address that the server redirects to";
    let status = Some(status).filter(|status| *status > 0);
    Report { status, hint: Some(hint.to_owned()), ..Report::new(code::NETWORK, message) }.into()
}

/// A member that is a non-empty text.
fn text_in<D: Data>(body: &D, name: &'static str) -> Option<String> {
    match body.column(name) {
        Value::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Maximum length of an explanation.
const MAX_EXPLANATION_LENGTH: usize = 300;

/// The explanation in an error that does not come from the database: gateways, auth servers and proxies use different
/// member names for it.
fn explanation<D: Data>(body: &D) -> Option<String> {
    const NAMES: [&str; 7] = ["message", "msg", "error_description", "details", "detail", "error", "title"];
    let own = match body.value() {
        Value::Text(text) => Some(text).filter(|text| !text.is_empty()),
        _ => NAMES.into_iter().find_map(|name| text_in(body, name)),
    };
    let text = own.or_else(|| text_in(&body.child("error")?, "message"))?;
    Some(text.chars().take(MAX_EXPLANATION_LENGTH).collect())
}

fn server_error<D: Data>(status: u16, body: &D) -> Error {
    let Some(code) = text_in(body, "code") else {
        // PostgREST reports a connection that the database broke during a statement as 400 with an empty code.
        let is_broken = body.column("code") == Value::Text(String::new());
        let report = bare_report(status);
        let retryable = report.retryable || is_broken;
        return Report { details: explanation(body), hint: text_in(body, "hint"), retryable, ..report }
            .into();
    };
    // An error raised by the package's own functions. PostgREST takes the status from the last three digits of the
    // code.
    let code: Cow<'static, str> = match code.as_str() {
        "PT404" => code::NOT_FOUND.into(),
        "PT409" => code::CONFLICT.into(),
        "PT400" => code::INVALID_INPUT.into(),
        _ => code.into(),
    };
    let said = text_in(body, "message");
    let details = text_in(body, "details");
    let (message, details) = match said {
        Some(said) if !quotes_values(&code) => (said, details),
        said => (
            ["The database refused a value or could not read it (", &code, ")"].concat(),
            // The only text with the reason. Like other details it must not be logged.
            details.or(said),
        ),
    };
    Report {
        status: Some(status),
        details,
        hint: text_in(body, "hint").filter(|_| !quotes_values(&code)),
        retryable: code_is_transient(&code).unwrap_or_else(|| status_is_transient(status)),
        ..Report::new(code, message)
    }
    .into()
}

/// Whether the server's message for this code quotes what was sent: data exceptions (class 22), errors raised by
/// functions (P0001), and `PostgREST`'s own errors about an unparseable part of the request (`PGRST1xx`).
fn quotes_values(code: &str) -> bool {
    code.starts_with("22") || code.starts_with("P0") || code.starts_with("PGRST1")
}
