//! The order of two rows, and the position in a list from which to continue.

use super::{Order, Position, Query};
use crate::data::{Data, Value};
use crate::tables::{Kind, Table};
use crate::time::timestamp;
use std::cmp::Ordering;

impl Query {
    /// Compares two rows in this order. `None` if only the database can (the order of text depends on the collation).
    pub fn compare<D: Data>(&self, a: &D, b: &D) -> Option<Ordering> {
        for order in &self.order {
            let ordering = compare_column(self.table, *order, a, b)?;
            if ordering.is_ne() {
                return Some(ordering);
            }
        }
        Some(Ordering::Equal)
    }

    /// Whether [`Self::compare`] can compare any two rows whose values are in the usual form.
    pub fn is_ordered_locally(&self) -> bool {
        self.order.iter().all(|order| {
            self.table
                .column(order.column)
                .is_some_and(|column| matches!(column.kind, Kind::Uuid | Kind::Timestamp))
        })
    }

    /// The position of `row` in this order, to continue after it. `None` if the row lacks a column of the order.
    pub fn position_of<D: Data>(&self, row: &D) -> Option<Position> {
        self.order
            .iter()
            .map(|order| match row.column(order.column) {
                Value::Text(text) => Some((*order, Some(text))),
                Value::Null => Some((*order, None)),
                _ => None,
            })
            .collect()
    }

    /// Compares two positions in this order. `None` if only the database can.
    pub fn compare_positions(&self, a: &Position, b: &Position) -> Option<Ordering> {
        let value = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        for ((order, a), (_, b)) in a.iter().zip(b) {
            let ordering = compare_values(self.table, *order, (value(a), value(b)))?;
            if ordering.is_ne() {
                return Some(ordering);
            }
        }
        Some(Ordering::Equal)
    }
}

fn compare_column<D: Data>(table: &Table, order: Order, a: &D, b: &D) -> Option<Ordering> {
    compare_values(table, order, (a.column(order.column), b.column(order.column)))
}

fn compare_values(table: &Table, order: Order, values: (Value, Value)) -> Option<Ordering> {
    let kind = table.column(order.column)?.kind;
    let ascending = match values {
        (Value::Absent, _) | (_, Value::Absent) => return None,
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (Value::Text(a), Value::Text(b)) => match kind {
            Kind::Uuid => a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase()),
            Kind::Timestamp => timestamp::compare(&a, &b)?,
            _ if a == b => Ordering::Equal,
            _ => return None,
        },
        _ => return None,
    };
    Some(if order.descending { ascending.reverse() } else { ascending })
}
