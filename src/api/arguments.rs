//! The arguments of a call.

use crate::data::Value;
use crate::error::{code, Error};
use crate::input::{self, Field};
use crate::rest::MAX_URL_LENGTH;

/// One argument of a call.
pub enum Argument {
    /// A string, a number, nothing at all.
    Value(Value),
    /// An object, by its members.
    Object(Vec<Field>),
}

/// The arguments of a call, and what else checking them takes.
pub struct Call<'a> {
    /// In their order; missing ones are absent.
    pub arguments: Vec<Argument>,
    /// A new random uuid.
    pub uuid: &'a dyn Fn() -> String,
    /// Bytes that the server's address takes of every URL.
    pub base_url_length: usize,
}

impl Call<'_> {
    pub(super) fn value(&self, index: usize) -> &Value {
        match self.arguments.get(index) {
            Some(Argument::Value(value)) => value,
            Some(Argument::Object(_)) => &Value::Json,
            None => &Value::Absent,
        }
    }

    pub(super) fn object(&self, index: usize, name: &str) -> Result<&[Field], Error> {
        match self.arguments.get(index) {
            Some(Argument::Object(fields)) => Ok(fields),
            _ => Err(Error::invalid(name, "an object")),
        }
    }

    /// An object that may be left out.
    pub(super) fn options(&self, index: usize, name: &str) -> Result<&[Field], Error> {
        match self.value(index) {
            Value::Absent | Value::Null => Ok(&[]),
            _ => self.object(index, name),
        }
    }

    pub(super) fn uuid_at(&self, index: usize, name: &str) -> Result<String, Error> {
        input::uuid(name, self.value(index))
    }

    /// Checks that a URL whose length below the server's address is `path_length` stays short enough.
    pub(super) fn check_length(&self, name: &str, path_length: usize) -> Result<(), Error> {
        if path_length + self.base_url_length <= MAX_URL_LENGTH {
            return Ok(());
        }
        let expected = ": expected a value that fits into a URL of 8000 characters";
        Err(Error::new(code::INVALID_INPUT, [name, expected].concat()))
    }
}
