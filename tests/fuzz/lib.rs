//! Shared by the fuzz targets: builds JSON, as the engine sees it, from the fuzzer's bytes.

#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../native/support/json/mod.rs"]
mod json;

use arbitrary::{Arbitrary, Result, Unstructured};
pub use json::Json;
use serde_json::Value;

/// Strings with a meaning to some part of the engine, so that the fuzzer need not find each by chance.
const WORDS: [&str; 58] = [
    "id",
    "user_id",
    "workflow_id",
    "name",
    "updated_at",
    "created_at",
    "status",
    "code",
    "message",
    "details",
    "hint",
    "error",
    "topic",
    "event",
    "payload",
    "ref",
    "join_ref",
    "ids",
    "data",
    "type",
    "response",
    "record",
    "old_record",
    "errors",
    "table",
    "columns",
    "commit_timestamp",
    "phx_reply",
    "phx_close",
    "phx_error",
    "system",
    "postgres_changes",
    "ok",
    "INSERT",
    "UPDATE",
    "DELETE",
    "workflows",
    "realtime:wdb-1",
    "realtime:wdb-2",
    "1",
    "2",
    "00000000-0000-4000-8000-000000000001",
    "2024-01-01T00:00:00",
    "sub",
    "iss",
    "exp",
    "iat",
    "extension",
    "presence_state",
    "presence_diff",
    "broadcast",
    "workflow-db:state",
    "metas",
    "phx_ref",
    "tab",
    "at",
    "since",
    "state",
];
/// The maximum nesting. A server may nest deeper; this depth reaches every place that inspects JSON.
const MAX_DEPTH: u32 = 6;
const MAX_MEMBERS: u32 = 6;

/// Any JSON value.
#[derive(Clone, Debug)]
pub struct AnyJson(pub Value);

impl<'a> Arbitrary<'a> for AnyJson {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        value(bytes, 0).map(Self)
    }
}

/// One of the engine's words, or any string.
#[derive(Clone, Debug)]
pub struct Text(pub String);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        if bytes.ratio(3, 4)? {
            return bytes.choose(&WORDS).map(|word| Self((*word).to_owned()));
        }
        String::arbitrary(bytes).map(Self)
    }
}

fn value(bytes: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    let kinds = if depth < MAX_DEPTH { 7 } else { 5 };
    Ok(match bytes.int_in_range(0..=kinds - 1)? {
        0 => Value::Null,
        1 => Value::Bool(bool::arbitrary(bytes)?),
        2 => Value::from(i64::arbitrary(bytes)?),
        3 => Value::from(f64::arbitrary(bytes)?),
        4 => Value::String(Text::arbitrary(bytes)?.0),
        5 => {
            let length = bytes.int_in_range(0..=MAX_MEMBERS)?;
            Value::Array((0..length).map(|_| value(bytes, depth + 1)).collect::<Result<_>>()?)
        }
        _ => {
            let length = bytes.int_in_range(0..=MAX_MEMBERS)?;
            let member = |_| Ok((Text::arbitrary(bytes)?.0, value(bytes, depth + 1)?));
            Value::Object((0..length).map(member).collect::<Result<_>>()?)
        }
    })
}
