//! Conditions that the application words itself, and that only the servers decide.

use crate::tables::Table;

/// What a condition may compare by. Servers differ in which of these they take; they say what they refuse.
const OPERATORS: [&str; 14] = [
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "like",
    "ilike",
    "is",
    "match",
    "imatch",
    "isdistinct",
    "not",
];

/// A condition on one column, by one of the servers' operators.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The column.
    pub column: &'static str,
    /// The operator. After `not` the value begins with another one.
    pub operator: &'static str,
    /// What to compare with, in the operator's own form: `(a,b)` for `in`.
    pub value: String,
}

impl Comparison {
    /// Reads `status=eq.running`. None when it is no comparison of a column of `table`.
    pub fn parse(table: &'static Table, text: &str) -> Option<Self> {
        let (column, condition) = text.split_once('=')?;
        let (operator, value) = condition.split_once('.')?;
        let column = table.column(column)?.name;
        let operator = OPERATORS.into_iter().find(|known| *known == operator)?;
        let is_formed = operator != "in" || (value.starts_with('(') && value.ends_with(')'));
        (is_formed && !value.contains('\0')).then(|| Self { column, operator, value: value.to_owned() })
    }

    /// As `parse` reads it.
    pub fn text(&self) -> String {
        [self.column, "=", self.operator, ".", &self.value].concat()
    }

    /// That a column holds this value.
    pub fn equal(column: &'static str, value: &str) -> Self {
        Self { column, operator: "eq", value: value.to_owned() }
    }
}
