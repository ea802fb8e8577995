//! Conditions written by the application, which only the servers evaluate.

use crate::tables::Table;

/// The operators a condition may use. Servers differ in which of them they support, and report those they do not.
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

/// A condition on one column with one of the servers' operators.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The column.
    pub column: &'static str,
    /// The operator. After `not`, the value starts with another operator.
    pub operator: &'static str,
    /// The operand in the operator's own form: `(a,b)` for `in`.
    pub value: String,
}

impl Comparison {
    /// Parses `status=eq.running`. `None` if it is not a comparison with a column of `table`.
    pub fn parse(table: &'static Table, text: &str) -> Option<Self> {
        let (column, condition) = text.split_once('=')?;
        let (operator, value) = condition.split_once('.')?;
        let column = table.column(column)?.name;
        let operator = OPERATORS.into_iter().find(|known| *known == operator)?;
        let is_formed = operator != "in" || (value.starts_with('(') && value.ends_with(')'));
        (is_formed && !value.contains('\0')).then(|| Self { column, operator, value: value.to_owned() })
    }

    /// The text that `parse` accepts.
    pub fn text(&self) -> String {
        [self.column, "=", self.operator, ".", &self.value].concat()
    }

    /// The condition that a column equals this value.
    pub fn equal(column: &'static str, value: &str) -> Self {
        Self { column, operator: "eq", value: value.to_owned() }
    }
}
