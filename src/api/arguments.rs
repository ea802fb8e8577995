//! The arguments of a call.

use crate::data::Value;
use crate::error::{code, Error};
use crate::input::{self, Field};
use crate::rest::MAX_URL_LENGTH;

/// One argument of a call.
pub enum Argument {
    /// A string, a number, or nothing.
    Value(Value),
    /// An object, as its members.
    Object(Vec<Field>),
}

/// The arguments of a call, and what is needed to validate them.
pub struct Call<'a> {
    /// In order; missing ones are absent.
    pub arguments: Vec<Argument>,
    /// Creates a random uuid.
    pub uuid: &'a dyn Fn() -> String,
    /// Length in bytes of the server's address, which every URL starts with.
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

    /// An optional object.
    pub(super) fn options(&self, index: usize, name: &str) -> Result<&[Field], Error> {
        match self.value(index) {
            Value::Absent | Value::Null => Ok(&[]),
            _ => self.object(index, name),
        }
    }

    pub(super) fn uuid_at(&self, index: usize, name: &str) -> Result<String, Error> {
        input::uuid(name, self.value(index))
    }

    /// Checks that a URL is short enough; `path_length` is its length without the server's address.
    pub(super) fn check_length(&self, name: &str, path_length: usize) -> Result<(), Error> {
        if path_length + self.base_url_length <= MAX_URL_LENGTH {
            return Ok(());
        }
        let expected = ": expected a value that fits into a URL of 8000 characters";
        Err(Error::new(code::INVALID_INPUT, [name, expected].concat()))
    }
}
