//! Cache keys: fixed formats that applications use too, see the table of each in `src/tables`.
//!
//! A key is a prefix and ids, such as `workflows:USER`. A variant of the same question (another filter, a page)
//! appends `?…`; whoever invalidates the base means its variants too.

use crate::data::{Data, Value};
use crate::tables::KeyFormat;

const RELATIONS: &str = "?relations";

impl KeyFormat {
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

    /// The key that `row` belongs under. None when the row lacks a column of it.
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

/// `key` without its variant.
pub fn base_of(key: &str) -> &str {
    key.split('?').next().unwrap_or(key)
}

/// Whether `key` is `base` or one of its variants.
pub fn is_variant_of(key: &str, base: &str) -> bool {
    key.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('?'))
}

/// The entry that is put together from the entry `key`: a workflow with its nodes and connections.
pub fn relations_key(key: &str) -> Option<String> {
    let id = ["workflow:", "workflow_nodes:", "workflow_connections:"]
        .iter()
        .find_map(|prefix| key.strip_prefix(prefix))?;
    (!id.contains('?')).then(|| ["workflow:", id, RELATIONS].concat())
}

/// The entries that `key` was put together from, if it is such an entry.
pub fn parts_of_relations(key: &str) -> Option<[String; 3]> {
    let id = key.strip_prefix("workflow:")?.strip_suffix(RELATIONS)?;
    Some([
        ["workflow:", id].concat(),
        ["workflow_nodes:", id].concat(),
        ["workflow_connections:", id].concat(),
    ])
}
