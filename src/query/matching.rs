//! Decides whether a row matches a query, exactly as SQL would, or reports that it cannot tell.

use super::{Filter, Query, Test};
use crate::data::{Data, Value};
use crate::tables::{Kind, Table};
use crate::time::timestamp;
use std::cmp::Ordering;

impl Query {
    /// Whether `row` satisfies every filter. `None` if that cannot be decided here: the row lacks a column, or the
    /// comparison depends on the database's collation or on a value in an unusual form.
    pub fn admits<D: Data>(&self, row: &D) -> Option<bool> {
        let mut undecided = self.comparison.is_some() || self.member.is_some();
        match self.scope.as_deref().map(|scope| is_in_scope(self.table, scope, row)) {
            None | Some(Some(true)) => {}
            Some(Some(false)) => return Some(false),
            Some(None) => undecided = true,
        }
        for filter in &self.filters {
            match self.holds(filter, row) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => undecided = true,
            }
        }
        (!undecided).then_some(true)
    }

    fn holds<D: Data>(&self, filter: &Filter, row: &D) -> Option<bool> {
        let kind = self.table.column(filter.column)?.kind;
        let value = row.column(filter.column);
        match (&value, &filter.test) {
            (Value::Absent, _) => None,
            (Value::Null, test) => Some(matches!(test, Test::IsNull)),
            (_, Test::IsNull) => Some(false),
            (_, Test::Eq(expected)) => equal(kind, &value, expected),
            (_, Test::In(all)) => {
                let answers: Vec<_> = all.iter().map(|expected| equal(kind, &value, expected)).collect();
                if answers.contains(&Some(true)) {
                    Some(true)
                } else {
                    (!answers.contains(&None)).then_some(false)
                }
            }
            (_, Test::AtLeast(bound)) => order(kind, &value, bound).map(Ordering::is_ge),
            (_, Test::AtMost(bound)) => order(kind, &value, bound).map(Ordering::is_le),
            (_, Test::Below(bound)) => order(kind, &value, bound).map(Ordering::is_lt),
        }
    }
}

/// Whether one of the table's scope columns equals `scope`. `None` if the row lacks the columns to decide.
pub fn is_in_scope<D: Data>(table: &Table, scope: &str, row: &D) -> Option<bool> {
    let mut is_known = true;
    for column in table.scopes {
        match row.column(column) {
            Value::Text(text) if text == scope => return Some(true),
            Value::Text(_) | Value::Null => {}
            _ => is_known = false,
        }
    }
    is_known.then_some(false)
}

fn equal(kind: Kind, value: &Value, expected: &str) -> Option<bool> {
    match (kind, value) {
        (Kind::Uuid, Value::Text(text)) => Some(text.eq_ignore_ascii_case(expected)),
        (Kind::Text | Kind::OneOf(_), Value::Text(text)) => Some(text == expected),
        (Kind::Bool, Value::Bool(flag)) => Some(*flag == (expected == "true")),
        (Kind::Timestamp, _) => order(kind, value, expected).map(Ordering::is_eq),
        _ => None,
    }
}

fn order(kind: Kind, value: &Value, bound: &str) -> Option<Ordering> {
    match (kind, value) {
        (Kind::Timestamp, Value::Text(text)) => timestamp::compare(text, bound),
        _ => None,
    }
}
