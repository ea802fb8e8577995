//! Values from JavaScript.
//!
//! The package converts arguments before the engine sees them (`pkg-template/src/arguments.ts`): they arrive here as
//! plain lists of plain values, so reading them runs none of the application's code.

use crate::api::Argument;
use crate::cache::Source;
use crate::data::Value;
use crate::input::Field;
use crate::io::{value_of, Row};
use js_sys::Array;
#[cfg(not(feature = "offline"))]
use js_sys::Reflect;
use wasm_bindgen::prelude::*;

/// Member `name` of an object; undefined if `object` is not an object.
#[cfg(not(feature = "offline"))]
pub fn member(object: &JsValue, name: &str) -> JsValue {
    if object.is_object() {
        Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
    } else {
        JsValue::UNDEFINED
    }
}

/// The source of a change of a row: null if the row is gone, and undefined if its state is unknown. The opposite of
/// `Notifier::row_changed`, except that the offline part keeps to itself whether a change was lost.
pub fn source_of(row: JsValue) -> Source<Row> {
    match row {
        row if row.is_undefined() => Source::Unknown,
        row if row.is_null() => Source::Deleted(None),
        row => Source::Row(Row(row)),
    }
}

/// An argument of a call: a plain value, the fields of an object, or a marker for something else.
pub fn argument(value: &JsValue) -> Argument {
    if value.is_symbol() {
        return Argument::Value(Value::Other("text with half of a surrogate pair"));
    }
    match (list(value), value_of(value)) {
        (Some(fields), _) => Argument::Object(fields_of(fields)),
        // Neither a plain value nor an object with fields.
        (None, Value::Json) => Argument::Value(Value::Other("another kind of value")),
        (None, value) => Argument::Value(value),
    }
}

fn list(value: &JsValue) -> Option<&Array> {
    value.dyn_ref()
}

/// Fields, each given as `[name, value, json, rows]`.
fn fields_of(fields: &Array) -> Vec<Field> {
    fields.iter().map(|field| field_of(field.unchecked_ref())).collect()
}

fn field_of(field: &Array) -> Field {
    let [name, value, json, rows] = [0, 1, 2, 3].map(|at| field.get(at));
    let name = name.as_string().unwrap_or_default();
    let rows = list(&rows).map(|rows| rows.iter().map(|row| fields_of(row.unchecked_ref())).collect());
    match (json.as_string(), value_of(&value)) {
        (None, Value::Absent) => Field::plain(name, Value::Absent, String::new()),
        (None, _) => Field::plain(name, Value::Other("a value that JSON cannot carry"), String::new()),
        (Some(json), plain) => Field { rows, ..Field::plain(name, plain, json) },
    }
}
