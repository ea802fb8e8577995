//! Which rows a subscription means, and how the two servers are told: bindings for realtime, a condition for REST.

use crate::data::Data;
use crate::error::Error;
use crate::query::Query;
use crate::realtime::Binding;
use crate::rest::{push_encoded, MAX_URL_LENGTH};
use crate::tables::{table_named, Table};
use crate::uuid;

/// What `open` may name in the place of an id where a table belongs to everybody.
const EVERYBODY: &str = "all";

/// Comparisons that a filter may make. Servers differ in which of them they take; what they refuse they say.
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

/// The rows of one table that somebody wants to hear of.
#[derive(Clone, PartialEq)]
pub struct Interest {
    /// The table.
    pub table: &'static Table,
    /// The id that one of the table's scope columns must hold; all rows that the user may see without one.
    pub scope: Option<String>,
    /// A condition on one column, as both servers read it: `status=eq.running`.
    pub filter: Option<String>,
}

impl Interest {
    /// Checks what the application says.
    ///
    /// # Errors
    /// `INVALID_INPUT` naming what was refused: a table that there is not, a scope that is no uuid, a filter that is
    /// no condition on a column of the table.
    pub fn new(table: &str, scope: Option<String>, filter: Option<String>) -> Result<Self, Error> {
        let table =
            table_named(table).ok_or_else(|| Error::invalid("table", "one of the database's 14 tables"))?;
        let is_for_all = scope.as_deref() == Some(EVERYBODY) && !table.scopes.contains(&"user_id");
        let scope = match scope.filter(|_| !is_for_all) {
            None => None,
            Some(scope) => Some(uuid::canonical(&scope).ok_or_else(|| Error::invalid("scope", "a uuid"))?),
        };
        if filter.as_deref().is_some_and(|filter| !is_condition(table, filter)) {
            return Err(Error::invalid("filter", "a condition on a column, such as status=eq.running"));
        }
        Ok(Self { table, scope, filter })
    }

    /// What to ask of realtime. A scope takes a binding for each column that may hold its id: then that of the filter.
    pub fn bindings(&self, unfiltered_deletes: bool) -> Vec<Binding> {
        let table = self.table.name;
        let to = |filter| Binding { event: "*", table, filter };
        let mut bindings: Vec<Binding> = match &self.scope {
            Some(scope) => self
                .table
                .scopes
                .iter()
                .map(|column| to(Some([column, "=eq.", scope.as_str()].concat())))
                .collect(),
            None if self.filter.is_none() => vec![to(None)],
            None => Vec::new(),
        };
        bindings.extend(self.filter.clone().map(|filter| to(Some(filter))));
        if unfiltered_deletes && bindings.iter().all(|binding| binding.filter.is_some()) {
            bindings.push(Binding { event: "DELETE", table, filter: None });
        }
        bindings
    }

    /// Whether a row that matched these bindings, by their places in [`Self::bindings`], is meant.
    pub fn is_meant(&self, matched: &[usize]) -> bool {
        let scopes = if self.scope.is_some() { self.table.scopes.len() } else { 0 };
        let in_scope = self.scope.is_none() || matched.iter().any(|place| *place < scopes);
        in_scope && (self.filter.is_none() || matched.contains(&scopes))
    }

    /// Whether the row belongs to the scope, whatever the filter says. None when it lacks the columns that tell.
    pub fn is_in_scope<D: Data>(&self, row: &D) -> Option<bool> {
        let Some(scope) = &self.scope else { return Some(true) };
        let mut is_known = true;
        for column in self.table.scopes {
            match row.column(column).text() {
                Some(text) if text == scope => return Some(true),
                Some(_) => {}
                None if row.column(column) == crate::data::Value::Null => {}
                None => is_known = false,
            }
        }
        is_known.then_some(false)
    }

    /// Every row that is meant, as a question to REST, in the order of ids: the walk that meets every row whatever
    /// changes meanwhile.
    pub fn query(&self) -> Query {
        let mut condition = String::new();
        if let Some(scope) = &self.scope {
            condition.push_str("&or=(");
            for (index, column) in self.table.scopes.iter().enumerate() {
                condition.push_str(if index > 0 { "," } else { "" });
                condition.push_str(column);
                condition.push_str(".eq.");
                condition.push_str(scope);
            }
            condition.push(')');
        }
        if let Some((column, test)) = self.filter.as_deref().and_then(|filter| filter.split_once('=')) {
            condition.push('&');
            condition.push_str(column);
            condition.push('=');
            push_encoded(&mut condition, test);
        }
        Query { condition, ..Query::of(self.table).ordered_by_id() }
    }
}

/// Whether `filter` has the form of a condition: a column of the table, `=`, a comparison, `.`, a value.
fn is_condition(table: &Table, filter: &str) -> bool {
    let Some((column, test)) = filter.split_once('=') else { return false };
    let Some((operator, value)) = test.split_once('.') else { return false };
    table.column(column).is_some()
        && OPERATORS.contains(&operator)
        && (operator != "in" || (value.starts_with('(') && value.ends_with(')')))
        && !filter.contains('\0')
        // Every byte may take three in a URL, beside what else stands there.
        && filter.len() * 3 + 1_000 < MAX_URL_LENGTH
}
