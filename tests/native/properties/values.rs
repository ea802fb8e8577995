//! Random values: ids, times, strings with special characters for URLs, and rows made of them.

use crate::support::postgrest::{calendar, Row};
use crate::support::random::uuid_of;
use proptest::prelude::*;
use serde_json::{json, Value};

/// One of a few ids, so that equal ones occur.
pub fn id() -> impl Strategy<Value = String> {
    (0..6).prop_map(|n| uuid_of(&format!("{n}")))
}

/// Times close to each other, some of them equal, with fractions of every length.
pub fn time() -> impl Strategy<Value = String> {
    let fraction = prop_oneof![Just(0), Just(100_000), Just(120_000), Just(123_456), Just(999_999), Just(1)];
    (0_i64..4, fraction).prop_map(|(second, micros)| calendar::print((second - 2) * 1_000_000 + micros))
}

/// Strings with everything that a URL, a list or a logic tree could mistake for structure.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(
            prop_oneof![
                Just("\""),
                Just("\\"),
                Just(","),
                Just("("),
                Just(")"),
                Just("."),
                Just("%"),
                Just("%2"),
                Just("&"),
                Just(";"),
                Just("="),
                Just("+"),
                Just("#"),
                Just(" "),
                Just("\n"),
                Just("\r\n"),
                Just("\t"),
                Just("'"),
                Just("*"),
                Just("{}"),
                Just("null"),
                Just("eq."),
                Just("in.("),
                Just("or=("),
                Just("ü"),
                Just("😀"),
                Just("\u{202e}"),
                Just("a"),
                Just("/"),
                Just("?"),
                Just(":"),
                Just("not."),
                Just("\u{7f}"),
            ],
            0..8
        )
        .prop_map(|parts| parts.concat()),
        "[^\0]{0,12}",
    ]
}

/// A value of a nullable column.
pub fn nullable(values: impl Strategy<Value = String>) -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(Value::Null), 4 => values.prop_map(Value::String)]
}

/// A row of `workflows`.
pub fn workflow() -> impl Strategy<Value = Row> {
    let name = prop_oneof![Just("a".to_owned()), Just("A".to_owned()), Just("b".to_owned()), text()];
    (id(), id(), name, any::<bool>(), nullable(time()), nullable(time()), nullable(time())).prop_map(
        |(id, user_id, name, is_public, created_at, updated_at, archived_at)| {
            let row = json!({
                "id": id, "user_id": user_id, "name": name, "description": null, "is_public": is_public,
                "created_at": created_at, "updated_at": updated_at, "archived_at": archived_at,
            });
            row.as_object().expect("an object").clone()
        },
    )
}
