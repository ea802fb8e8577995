//! Validates the application's values before anything is sent.
//!
//! One validator serves all tables: it uses the column descriptors from which the TypeScript types are generated.

use crate::data::Value;
use crate::error::Error;
use crate::json::json_text;
use crate::tables::{Column, Kind, Presence, Table};
use crate::time::timestamp;
use crate::uuid;

/// Postgres cannot store NUL.
const WITHOUT_NUL: &str = "text without NUL characters";

/// A member of an object that the application passed.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Its value as JSON; empty if JSON cannot represent it.
    pub json: String,
    /// Its value as a list of objects, each as its members. `None` if it is something else.
    pub rows: Option<Vec<Vec<Field>>>,
}

impl Field {
    /// A field that is not a list.
    pub fn plain(name: String, value: Value, json: String) -> Self {
        Self { name, value, json, rows: None }
    }

    /// A text field.
    pub fn text(name: &str, text: &str) -> Self {
        Self::plain(name.to_owned(), Value::Text(text.to_owned()), json_text(text))
    }
}

/// A validated object, ready to be sent.
#[derive(Default, Debug)]
pub struct RequestBody {
    fields: Vec<(&'static str, String)>,
}

impl RequestBody {
    /// Sets a column to a JSON text, replacing its previous value.
    pub fn set(&mut self, column: &'static str, json: String) {
        self.fields.retain(|(name, _)| *name != column);
        self.fields.push((column, json));
    }

    /// Whether no column is set.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The object as JSON.
    pub fn json(&self) -> String {
        let mut json = String::from("{");
        for (index, (name, value)) in self.fields.iter().enumerate() {
            let comma = if index > 0 { ",\"" } else { "\"" };
            json.push_str(comma);
            json.push_str(name);
            json.push_str("\":");
            json.push_str(value);
        }
        json.push('}');
        json
    }
}

/// Validates the values of a new row of `table`.
///
/// # Errors
/// `INVALID_INPUT`, naming the first field that is unknown, invalid or missing.
pub fn new_row(table: &Table, fields: &[Field]) -> Result<RequestBody, Error> {
    let body = columns(table, fields)?;
    let missing = table.columns.iter().find(|column| {
        column.presence == Presence::Required && !body.fields.iter().any(|(name, _)| *name == column.name)
    });
    match missing {
        Some(column) => Err(Error::invalid(column.name, expectation(column).as_str())),
        None => Ok(body),
    }
}

/// Validates new values for a row of `table`. Sets `updated_at`, if the table has it, to the database's time.
///
/// # Errors
/// `INVALID_INPUT`, naming the first field that is unknown or invalid, or if there are no fields.
pub fn patch(table: &Table, fields: &[Field]) -> Result<RequestBody, Error> {
    let mut body = columns(table, fields)?;
    if body.is_empty() {
        return Err(Error::invalid("patch", "at least one column to change"));
    }
    touch(table, &mut body);
    Ok(body)
}

/// Validates the values of an upsert by natural key. Sets `updated_at` to the database's time.
///
/// # Errors
/// `INVALID_INPUT`, naming the first field that is unknown or invalid.
pub fn upsert(table: &Table, fields: &[Field]) -> Result<RequestBody, Error> {
    let mut body = new_row(table, fields)?;
    touch(table, &mut body);
    Ok(body)
}

/// Sets `updated_at` to the database's time: Postgres resolves the literal `now` on its own clock.
pub fn touch(table: &Table, body: &mut RequestBody) {
    if table.has_updated_at() {
        body.set("updated_at", "\"now\"".to_owned());
    }
}

/// Validates options that set columns of `table` under names of their own.
///
/// # Errors
/// `INVALID_INPUT`, naming the first option that is unknown or invalid.
pub fn options(
    table: &Table,
    fields: &[Field],
    names: &[(&'static str, &'static str)],
) -> Result<RequestBody, Error> {
    let known: Vec<_> = names.iter().map(|(name, _)| *name).collect();
    let fields = QueryFields::new(fields, &known)?.fields;
    let mut body = RequestBody::default();
    for (name, column) in names {
        let field = fields.iter().find(|field| field.name == *name && field.value != Value::Absent);
        let (Some(field), Some(column)) = (field, table.column(column)) else { continue };
        let refused = |_| Error::invalid(name, &expectation(column));
        body.set(column.name, column_json(column, field).map_err(refused)?);
    }
    Ok(body)
}

fn columns(table: &Table, fields: &[Field]) -> Result<RequestBody, Error> {
    let mut body = RequestBody::default();
    for field in fields {
        if field.value == Value::Absent || table.secret_format == Some(field.name.as_str()) {
            continue;
        }
        let Some(column) = table.column(&field.name) else {
            let expected = ["a column of ", table.name].concat();
            return Err(Error::invalid(&field.name, &expected));
        };
        if table.names.contains(&column.name) && field.value.text() == Some("") {
            return Err(Error::invalid(column.name, "a string that is not empty"));
        }
        body.set(column.name, column_json(column, field)?);
    }
    Ok(body)
}

/// The column's value as the database expects it.
fn column_json(column: &Column, field: &Field) -> Result<String, Error> {
    let refused = || refused(column.name, &expectation(column), &field.value);
    let json = match (column.kind, &field.value) {
        (_, Value::Null) if column.takes_null() => "null".to_owned(),
        (Kind::Uuid, Value::Text(text)) => json_text(&uuid::canonical(text).ok_or_else(refused)?),
        (Kind::Text, Value::Text(text)) if text.contains('\0') => {
            return Err(Error::invalid(column.name, WITHOUT_NUL));
        }
        (Kind::OneOf(allowed), Value::Text(text)) if allowed.contains(&text.as_str()) => field.json.clone(),
        (Kind::Text, Value::Text(_)) | (Kind::Bool, Value::Bool(_)) => field.json.clone(),
        (Kind::Json, Value::Json | Value::Text(_) | Value::Number(_) | Value::Bool(_))
            if !field.json.is_empty() =>
        {
            field.json.clone()
        }
        (Kind::Float, Value::Number(number)) if number.is_finite() => field.json.clone(),
        // How the server prints these. A row that contains them can be written back as it was read.
        (Kind::Float, Value::Text(text)) if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") => {
            field.json.clone()
        }
        (Kind::Int, Value::Number(number)) if is_int32(*number) => field.json.clone(),
        (Kind::Timestamp, Value::Text(text)) => json_text(&timestamp::stored(text).ok_or_else(refused)?),
        _ => return Err(refused()),
    };
    Ok(json)
}

fn is_int32(number: f64) -> bool {
    number.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number)
}

fn expectation(column: &Column) -> String {
    let kind = match column.kind {
        Kind::Uuid => "a uuid",
        Kind::Text => "a string",
        Kind::Bool => "true or false",
        Kind::Int => "an integer of 32 bits",
        Kind::Float => "a finite number",
        Kind::Timestamp => "a timestamp such as 2024-02-29T23:59:59Z",
        Kind::Json => "a value that JSON can carry",
        Kind::OneOf(allowed) => return one_of(allowed, column.takes_null()),
    };
    if column.takes_null() {
        [kind, " or null"].concat()
    } else {
        kind.to_owned()
    }
}

fn one_of(allowed: &[&str], takes_null: bool) -> String {
    let mut text = String::from("one of");
    for (index, word) in allowed.iter().enumerate() {
        text.push_str(if index > 0 { ", " } else { " " });
        text.push_str(word);
    }
    if takes_null {
        text.push_str(" or null");
    }
    text
}

/// Checks that a row of `table` agrees with a value passed separately, and sets it. `value` is in lower case if the
/// column contains a uuid.
///
/// # Errors
/// `INVALID_INPUT`, naming the field, if it contains another value.
pub fn agree(table: &Table, fields: &mut Vec<Field>, name: &'static str, value: &str) -> Result<(), Error> {
    let given = fields.iter().find(|field| field.name == name && field.value != Value::Absent);
    let Some(given) = given else {
        fields.push(Field::text(name, value));
        return Ok(());
    };
    let is_uuid = table.column(name).is_some_and(|column| column.kind == Kind::Uuid);
    match given.value.text() {
        Some(given) if given == value || is_uuid && given.eq_ignore_ascii_case(value) => Ok(()),
        _ => Err(Error::invalid(name, "the value that was passed as an argument, or nothing")),
    }
}

/// The error for `value` if something else was `expected`. Describes the value if it is not a plain one.
pub fn refused(name: &str, expected: &str, value: &Value) -> Error {
    match value {
        Value::Other(what) => Error::invalid(name, &[expected, ", not ", what].concat()),
        _ => Error::invalid(name, expected),
    }
}

/// An argument that must be a uuid.
///
/// # Errors
/// `INVALID_INPUT`, naming the argument.
pub fn uuid(name: &str, value: &Value) -> Result<String, Error> {
    value.text().and_then(uuid::canonical).ok_or_else(|| refused(name, "a uuid", value))
}

/// An argument that must be a non-empty text.
///
/// # Errors
/// `INVALID_INPUT`, naming the argument.
pub fn text(name: &str, value: &Value) -> Result<String, Error> {
    match value {
        Value::Text(text) if text.contains('\0') => Err(Error::invalid(name, WITHOUT_NUL)),
        Value::Text(text) if !text.is_empty() => Ok(text.clone()),
        _ => Err(refused(name, "a string that is not empty", value)),
    }
}

/// A number of rows; `default` if it is missing.
///
/// # Errors
/// `INVALID_INPUT`, naming the argument, if it is not a whole number of at least `least`.
pub fn count(name: &str, value: &Value, least: u32, default: u32) -> Result<u32, Error> {
    match value {
        Value::Absent => Ok(default),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to fit")]
        Value::Number(number)
            if number.fract() == 0.0 && (f64::from(least)..=f64::from(i32::MAX)).contains(number) =>
        {
            Ok(*number as u32)
        }
        _ => Err(Error::invalid(
            name,
            if least == 0 { "a whole number, 0 or more" } else { "a whole number, 1 or more" },
        )),
    }
}

/// A flag; `default` if it is missing.
///
/// # Errors
/// `INVALID_INPUT`, naming the argument.
pub fn flag(name: &str, value: &Value, default: bool) -> Result<bool, Error> {
    match value {
        Value::Absent => Ok(default),
        Value::Bool(flag) => Ok(*flag),
        _ => Err(Error::invalid(name, "true or false")),
    }
}

/// One of the given words; `None` if it is missing.
///
/// # Errors
/// `INVALID_INPUT`, naming the argument.
pub fn word(
    name: &str,
    value: &Value,
    allowed: &'static [&'static str],
) -> Result<Option<&'static str>, Error> {
    match value {
        Value::Absent => Ok(None),
        Value::Text(text) => allowed
            .iter()
            .find(|word| *word == text)
            .map(|word| Some(*word))
            .ok_or_else(|| Error::invalid(name, &one_of(allowed, false))),
        _ => Err(refused(name, &one_of(allowed, false), value)),
    }
}

/// The members of a query object, by name.
pub struct QueryFields<'a> {
    fields: &'a [Field],
}

impl<'a> QueryFields<'a> {
    /// Accepts an object whose members all have known names.
    ///
    /// # Errors
    /// `INVALID_INPUT`, naming the first unknown member.
    pub fn new(fields: &'a [Field], known: &[&str]) -> Result<Self, Error> {
        let is_known = |field: &Field| field.value == Value::Absent || known.contains(&field.name.as_str());
        match fields.iter().find(|field| !is_known(field)) {
            Some(unknown) => Err(Error::invalid(&unknown.name, &one_of(known, false))),
            None => Ok(Self { fields }),
        }
    }

    /// The member's value. NULL is treated as missing, because no query compares with NULL.
    pub fn get(&self, name: &str) -> &'a Value {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| &field.value)
            .filter(|value| **value != Value::Null)
            .unwrap_or(&Value::Absent)
    }
}
