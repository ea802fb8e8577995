//! What an HTTP answer means.

use crate::data::{Data, Form, Value};
use crate::error::{code, Error, Report};
use crate::retry::{code_is_transient, status_is_transient};
use std::borrow::Cow;

/// An HTTP answer.
pub struct Reply<D> {
    /// The status code.
    pub status: u16,
    /// The `Content-Range` header, such as `0-24/3573`, `*/0` or `0-24/*`.
    pub content_range: Option<String>,
    /// How long the `Retry-After` header asks to wait, where the page may read it.
    pub retry_after_ms: Option<f64>,
    /// What came with it.
    pub body: ResponseBody<D>,
}

/// The body of an answer.
pub enum ResponseBody<D> {
    /// JSON.
    Data(D),
    /// There was none, or it was not JSON.
    None,
    /// It broke off.
    Broken,
}

/// What a successful answer holds.
pub struct Answer<D> {
    /// The rows, or whatever else was asked for.
    pub rows: D,
    /// How many rows match in all. None when it was not asked, or the server did not say it in a way that can be believed.
    pub total: Option<u32>,
    /// How many rows come before the first of these. None when the server did not say it.
    pub offset: Option<u32>,
    /// The status code.
    pub status: u16,
}

const BROKEN_OFF: &str = "The answer broke off or was not what was asked for";

/// The rows of an answer, or why there are none. A success that is not of the `form` asked for, as a gateway on the way
/// may give it, is none.
pub fn classify<D: Data>(reply: Reply<D>, form: Form) -> Result<Answer<D>, Error> {
    let (offset, total) = reply.content_range.as_deref().map_or((None, None), parse_range);
    match (reply.status, reply.body) {
        (status @ 200..=299, ResponseBody::Data(rows)) if rows.is(form) => {
            let came = u64::from(offset.unwrap_or(0)) + rows.len() as u64;
            // A count below the number of rows that came is not a count of these rows.
            let total = total.filter(|total| u64::from(*total) >= came);
            Ok(Answer { rows, total, offset, status })
        }
        (status @ 200..=299, body) => {
            let said = match &body {
                ResponseBody::Data(body) => explanation(body),
                ResponseBody::None | ResponseBody::Broken => None,
            };
            Err(Error::network(BROKEN_OFF, Some(status), None).with_details(said))
        }
        // Not followed: the key, the token and the rows would go along. Browsers do not tell a redirect's status.
        (status @ (0 | 301 | 302 | 303 | 307 | 308), _) => Err(redirected(status)),
        // An offset past the end of a counted list is an empty page (PostgREST answers 416, PGRST103, with the total).
        // Its body says no more, and Chromium may hand it out behind that of an earlier answer from the same address.
        (status @ 416, _) if total.is_some() => {
            Ok(Answer { rows: D::list(&[]), total, offset: None, status })
        }
        (status, ResponseBody::Data(body)) => Err(server_error(status, &body)),
        (status, ResponseBody::None) => Err(bare_report(status).into()),
        // What the server refused, and why, is not known: not even whether another attempt would mend it.
        (status, ResponseBody::Broken) => Err(Error::network(BROKEN_OFF, Some(status), None)),
    }
}

/// Where the rows of an answer begin, and how many match in all: `0-24/3573`, `*/0` or `0-24/*`. None for what is not said.
fn parse_range(content_range: &str) -> (Option<u32>, Option<u32>) {
    let (range, total) = content_range.split_once('/').unwrap_or((content_range, ""));
    let first = range.split_once('-').map_or("", |(first, _)| first);
    (number(first), number(total))
}

/// A number without a sign. None for any other text.
fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|_| !text.contains('+'))
}

/// No more is known than the status.
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

/// A member that is a text, and not an empty one.
fn text_in<D: Data>(body: &D, name: &'static str) -> Option<String> {
    match body.column(name) {
        Value::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Characters of an explanation that are kept.
const MAX_EXPLANATION_LENGTH: usize = 300;

/// What whoever answered in the database's place says: gateways, auth servers and proxies have different names for it.
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
        return Report { details: explanation(body), hint: text_in(body, "hint"), ..bare_report(status) }
            .into();
    };
    // What the package's own functions raise: PostgREST takes the status from the code's last three digits.
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
            // The only text that says what is wrong: it must not be logged, as details must not.
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

/// Whether the server's text for this code quotes what was sent: data exceptions (class 22), errors that functions
/// raise themselves (P0001), and `PostgREST`'s own about a part of the request it could not parse (`PGRST1xx`).
fn quotes_values(code: &str) -> bool {
    code.starts_with("22") || code.starts_with("P0") || code.starts_with("PGRST1")
}
