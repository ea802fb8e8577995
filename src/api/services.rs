//! Calls of other services through the API relay.

use super::{Call, Operation};
use crate::data::Value;
use crate::error::Error;
use crate::input;
use crate::rest::{Method, Request};

/// What a path segment must not be or contain: servers, or browsers before them, would interpret it as another path.
const TRICKS: [&str; 5] = ["%2e", "%2f", "%5c", "%25", "%00"];
const PATH: &str = "a path of URL characters, without empty segments, \"..\" or \".\", encoded or not";
const METHODS: [Method; 6] =
    [Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete];

/// The arguments: the service, the path, the method if given, and whether there is a body.
pub(super) fn call_service(call: &Call<'_>) -> Result<Operation, Error> {
    let service = input::text("service", call.value(0))?;
    if !service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Err(Error::invalid("service", "a name of letters, digits, \"-\" and \"_\""));
    }
    let path = input::text("path", call.value(1))?;
    let path = path.strip_prefix('/').unwrap_or(&path);
    if !is_plain(path) {
        return Err(Error::invalid("path", PATH));
    }
    call.check_length("path", "functions/v1/api-relay//".len() + service.len() + path.len())?;
    let has_body = matches!(call.value(3), Value::Bool(true));
    let method = match call.value(2) {
        Value::Absent | Value::Null if has_body => Method::Post,
        Value::Absent | Value::Null => Method::Get,
        given => METHODS
            .into_iter()
            .find(|method| matches!(given, Value::Text(name) if name.eq_ignore_ascii_case(method.as_str())))
            .ok_or_else(|| Error::invalid("init.method", "GET, HEAD, POST, PUT, PATCH or DELETE"))?,
    };
    if has_body && matches!(method, Method::Get | Method::Head) {
        return Err(Error::invalid("init.body", "nothing, as GET and HEAD have no body"));
    }
    Ok(Operation::Service(Request::service(method, [&service, "/", path].concat())))
}

/// Whether a path, with its query string, reaches the service unchanged.
fn is_plain(path: &str) -> bool {
    let is_url = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#');
    let path = path.as_bytes().split(|byte| *byte == b'?').next().unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    let has_trick =
        TRICKS.iter().any(|trick| lower.windows(trick.len()).any(|part| part == trick.as_bytes()));
    let has_dots = lower.split(|byte| *byte == b'/').any(|segment| segment == b"." || segment == b"..");
    let has_gap = path.starts_with(b"/") || path.windows(2).any(|pair| pair == b"//");
    is_url && !has_trick && !has_dots && !has_gap
}
