//! Cache keys in fixed formats, which applications use too.

use crate::data::{Data, Value};

/// A cache key: a fixed prefix followed by column values.
pub struct KeyFormat {
    /// The part before the first value, including the colon.
    pub prefix: &'static str,
    /// The columns whose values follow.
    pub columns: &'static [&'static str],
    /// The separator between two values.
    pub separator: &'static str,
}

impl KeyFormat {
    /// A prefix followed by at most one value.
    pub const fn new(prefix: &'static str, columns: &'static [&'static str]) -> Self {
        Self::pair(prefix, columns, "")
    }

    /// A prefix followed by two values.
    pub const fn pair(
        prefix: &'static str,
        columns: &'static [&'static str],
        separator: &'static str,
    ) -> Self {
        Self { prefix, columns, separator }
    }

    /// The key with these values.
    pub fn of(&self, values: &[&str]) -> String {
        let mut key = self.prefix.to_owned();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                key.push_str(self.separator);
            }
            key.push_str(value);
        }
        key
    }

    /// The key for `row`; `None` if the row lacks a column of it.
    pub fn of_row<D: Data>(&self, row: &D) -> Option<String> {
        let values: Option<Vec<String>> = self
            .columns
            .iter()
            .map(|column| match row.column(column) {
                Value::Text(text) => Some(text),
                _ => None,
            })
            .collect();
        let values = values?;
        Some(self.of(&values.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}
