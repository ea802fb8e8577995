//! Encodes and decodes frames in both serializations.

use super::Binding;
use crate::data::{Data, Value};
use crate::json::json_text;

/// The serialization of sent frames. Received frames may use either.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Vsn {
    /// Objects with named members. The server never names the join that a frame belongs to.
    V1,
    /// Arrays of five (recording `vsn-2.0.0`). The official client's default.
    V2,
}

impl Vsn {
    /// The value of the parameter `vsn` in the socket's URL.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::V1 => "1.0.0",
            Self::V2 => "2.0.0",
        }
    }

    /// Encodes a frame. Only `payload`, which is JSON already, may contain characters that JSON must escape.
    pub(super) fn frame(
        self,
        join_ref: Option<&str>,
        reference: &str,
        topic: &str,
        event: &str,
        payload: &str,
    ) -> String {
        let join_ref = join_ref.map_or_else(|| "null".to_owned(), json_text);
        match self {
            Self::V1 => [
                "{\"topic\":\"",
                topic,
                "\",\"event\":\"",
                event,
                "\",\"payload\":",
                payload,
                ",\"ref\":\"",
                reference,
                "\",\"join_ref\":",
                &join_ref,
                "}",
            ]
            .concat(),
            Self::V2 => {
                ["[", &join_ref, ",\"", reference, "\",\"", topic, "\",\"", event, "\",", payload, "]"]
                    .concat()
            }
        }
    }
}

/// The payload of a join (recording `basic-insert-update-delete`). Without a token the member is omitted, and the
/// server uses the socket's key.
pub(super) fn join_payload(config: &str, token: Option<&str>) -> String {
    let mut json = ["{\"config\":", config].concat();
    if let Some(token) = token {
        add(&mut json, ",\"access_token\":", token);
    }
    json.push('}');
    json
}

/// The configuration of a channel that reports changes.
pub(super) fn changes_config(schema: &str, bindings: &[Binding]) -> String {
    let mut json = String::from(
        "{\"broadcast\":{\"ack\":false,\"self\":false},\"presence\":{\"key\":\"\",\"enabled\":false},\
         \"postgres_changes\":",
    );
    let mut lead = "[{\"event\":";
    for binding in bindings {
        json.push_str(lead);
        lead = ",{\"event\":";
        json.push_str(&json_text(binding.event));
        add(&mut json, ",\"schema\":", schema);
        add(&mut json, ",\"table\":", binding.table);
        if let Some(filter) = &binding.filter {
            add(&mut json, ",\"filter\":", &filter.text());
        }
        json.push('}');
    }
    json.push_str(if bindings.is_empty() { "[]" } else { "]" });
    json.push_str(",\"private\":false}");
    json
}

/// The payload that sends a new token.
pub(super) fn token_payload(token: &str) -> String {
    let mut json = String::new();
    add(&mut json, "{\"access_token\":", token);
    json.push('}');
    json
}

fn add(json: &mut String, name: &str, text: &str) {
    json.push_str(name);
    json.push_str(&json_text(text));
}

/// A received frame.
pub(super) struct Frame<D> {
    pub topic: String,
    pub event: String,
    /// The join that it belongs to, if named. Closes name it in both serializations, in version 1 as `ref`; changes
    /// and, in version 1, system messages never do.
    pub owner: Option<String>,
    /// The message that a reply refers to.
    pub reference: Option<String>,
    pub payload: D,
}

impl<D: Data> Frame<D> {
    /// Parses a frame; `None` if it is not one.
    pub fn read(frame: &D) -> Option<Self> {
        if frame.is_empty() {
            let reference = text(frame.column("ref"));
            return Some(Self {
                topic: text(frame.column("topic"))?,
                event: text(frame.column("event"))?,
                owner: text(frame.column("join_ref")).or_else(|| reference.clone()),
                reference,
                payload: frame.child("payload")?,
            });
        }
        let reference = text(frame.item(1).value());
        Some(Self {
            topic: text(frame.item(2).value())?,
            event: text(frame.item(3).value())?,
            owner: text(frame.item(0).value()).or_else(|| reference.clone()),
            reference,
            payload: frame.item(4),
        })
    }

    /// A text member of the payload; empty if it is not a text.
    pub fn says(&self, name: &'static str) -> String {
        text(self.payload.column(name)).unwrap_or_default()
    }
}

/// The text, if it is one.
pub(super) fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
