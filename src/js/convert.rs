//! Values from JavaScript and errors to it.

use crate::api::Argument;
use crate::data::Value;
use crate::input::Field;
use crate::io::{stringify, value_of};
use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An object's own members, as pairs; an error where reading one throws.
    #[wasm_bindgen(catch, js_namespace = Object, js_name = entries)]
    fn own_members(object: &JsValue) -> Result<Array, JsValue>;
}

/// Member `name` of an object; undefined for whatever is none.
pub fn member(object: &JsValue, name: &str) -> JsValue {
    if object.is_object() {
        Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
    } else {
        JsValue::UNDEFINED
    }
}

/// One argument of a call.
pub fn argument(value: &JsValue) -> Argument {
    if !value.is_object() || Array::is_array(value) {
        return Argument::Value(value_of(value));
    }
    match fields(value) {
        Some(fields) => Argument::Object(fields),
        None => Argument::Value(Value::Other("an object that cannot be read")),
    }
}

/// A member of an object, as a pair of its name and value.
fn field(member: &Array) -> Field {
    let (name, value) = (member.get(0).as_string().unwrap_or_default(), &member.get(1));
    let json = match value_of(value) {
        Value::Absent | Value::Other(_) => None,
        _ => stringify(value).ok().flatten(),
    };
    match (json, value_of(value)) {
        (None, Value::Absent) => Field::plain(name, Value::Absent, String::new()),
        (None, _) => Field::plain(name, Value::Other("a value that JSON cannot carry"), String::new()),
        (Some(json), plain) => Field { rows: rows(value), ..Field::plain(name, plain, json) },
    }
}

/// The members of each object of a list. None when it is no list, or holds something else.
fn rows(value: &JsValue) -> Option<Vec<Vec<Field>>> {
    value.dyn_ref::<Array>()?.iter().map(|item| fields(&item)).collect()
}

fn fields(object: &JsValue) -> Option<Vec<Field>> {
    if !object.is_object() {
        return None;
    }
    let members = own_members(object).ok()?;
    Some(members.iter().map(|member| field(member.unchecked_ref())).collect())
}
