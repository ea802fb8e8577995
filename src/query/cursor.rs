//! Cursors: the position of a page in a list, as a text that the application stores and passes back.
//!
//! A cursor contains a position in the order of one query: the values of the order's columns in the adjacent row. It
//! includes a fingerprint of the query, so that a cursor of another list is rejected.

use super::{Order, Position, Query};
use crate::tables::Kind;
use crate::time::timestamp;
use crate::uuid;
use fnv::FnvHasher;
use std::hash::Hasher;

/// Bytes of the key's hash in a cursor.
const FINGERPRINT_BYTES: usize = 4;

/// The position of a page.
#[derive(Clone, Default)]
pub struct Cursor {
    /// Whether the page ends before the position, instead of starting after it.
    pub backwards: bool,
    /// The position; `None` is the beginning of the list, or its end if backwards.
    pub position: Option<Position>,
}

impl Cursor {
    /// The page after `position`, or the first one.
    pub fn after(position: Option<Position>) -> Self {
        Self { backwards: false, position }
    }

    /// The page before `position`, or the last one.
    pub fn before(position: Option<Position>) -> Self {
        Self { backwards: true, position }
    }

    /// The cursor as text. `key` is the list's cache key, which identifies the list.
    pub fn text(&self, key: &str) -> String {
        let mut text = String::from(if self.backwards { "b" } else { "a" });
        text.push_str(&hash_of(key, FINGERPRINT_BYTES));
        // The id is last in every order and has a fixed length.
        if let Some([(_, value), (_, Some(id))]) = self.position.as_deref() {
            text.push_str(id);
            text.push(if value.is_some() { '.' } else { '-' });
            text.push_str(value.as_deref().unwrap_or_default());
        }
        text
    }

    /// Parses a cursor of the list `key`, whose query is `query`. `None` for any other text.
    pub fn parse(text: &str, key: &str, query: &Query) -> Option<Self> {
        let backwards = match text.as_bytes().first()? {
            b'a' => false,
            b'b' => true,
            _ => return None,
        };
        let rest = text.get(1..)?.strip_prefix(hash_of(key, FINGERPRINT_BYTES).as_str())?;
        if rest.is_empty() {
            return Some(Self { backwards, position: None });
        }
        let id = uuid::canonical(rest.get(..uuid::LENGTH)?)?;
        let value = match (rest.as_bytes().get(uuid::LENGTH)?, rest.get(uuid::LENGTH + 1..)?) {
            (b'.', value) => Some(value.to_owned()),
            (b'-', "") => None,
            _ => return None,
        };
        let [first, last] = *query.order.as_slice() else { return None };
        if !is_value_of(query, first, value.as_deref()) {
            return None;
        }
        let position = [(first, value), (last, Some(id))].map(|(order, value)| {
            // Paging backwards reverses the order.
            (Order { descending: order.descending != backwards, ..order }, value)
        });
        Some(Self { backwards, position: Some(position.into()) })
    }
}

/// Whether `value` is valid for the column of `order`.
fn is_value_of(query: &Query, order: Order, value: Option<&str>) -> bool {
    let kind = query.table.column(order.column).map(|column| column.kind);
    match (kind, value) {
        (Some(Kind::Timestamp), Some(value)) => timestamp::stored(value).is_some(),
        (Some(_), Some(value)) => !value.contains('\0'),
        (kind, None) => kind.is_some(),
        (None, _) => false,
    }
}

/// A hash in place of a text that must not be visible or is too long: hexadecimal, of at most 8 `bytes`.
pub fn hash_of(text: &str, bytes: usize) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hasher = FnvHasher::default();
    hasher.write(text.as_bytes());
    let hash = hasher.finish();
    hash.to_le_bytes()
        .iter()
        .take(bytes)
        .flat_map(|byte| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])))
        .collect()
}
