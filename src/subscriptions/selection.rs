//! The rows that a subscription includes, and the requests for them: realtime bindings and a REST query.

use crate::data::Data;
use crate::error::Error;
use crate::query::{is_in_scope, Comparison, Query};
use crate::realtime::Binding;
use crate::rest::MAX_URL_LENGTH;
use crate::tables::{table_named, Table};
use crate::uuid;

/// What `open` accepts in place of an id for a table that all users share.
const EVERYONE: &str = "all";

/// The rows of one table that a subscription includes.
#[derive(Clone, PartialEq)]
pub struct Selection {
    /// The table.
    pub table: &'static Table,
    /// The id that one of the table's scope columns must equal. `None`: all rows that the user may see.
    pub scope: Option<String>,
    /// A condition on one column.
    pub filter: Option<Comparison>,
}

impl Selection {
    /// Validates the application's arguments.
    ///
    /// # Errors
    /// `INVALID_INPUT`, naming the invalid argument: an unknown table, a scope that is not a uuid, or a filter that
    /// is not a comparison with a column of the table.
    pub fn new(table: &str, scope: Option<String>, filter: Option<String>) -> Result<Self, Error> {
        let table =
            table_named(table).ok_or_else(|| Error::invalid("table", "one of the database's tables"))?;
        let is_for_all = scope.as_deref() == Some(EVERYONE) && !table.scopes.contains(&"user_id");
        let scope = match scope.filter(|_| !is_for_all) {
            None => None,
            Some(scope) => Some(uuid::canonical(&scope).ok_or_else(|| Error::invalid("scope", "a uuid"))?),
        };
        let parse = |filter: String| {
            // Each byte may take three in a URL, next to the rest of the URL.
            let is_short = filter.len() * 3 + 1_000 < MAX_URL_LENGTH;
            let refused = || Error::invalid("filter", "a condition on a column, such as status=eq.running");
            Comparison::parse(table, &filter).filter(|_| is_short).ok_or_else(refused)
        };
        Ok(Self { table, scope, filter: filter.map(parse).transpose()? })
    }

    /// The realtime bindings: one per column that may contain the scope's id, then one for the filter.
    pub fn bindings(&self, unfiltered_deletes: bool) -> Vec<Binding> {
        let table = self.table.name;
        let to = |filter| Binding { event: "*", table, filter };
        let mut bindings: Vec<Binding> = match &self.scope {
            Some(scope) => {
                self.table.scopes.iter().map(|column| to(Some(Comparison::equal(column, scope)))).collect()
            }
            None if self.filter.is_none() => vec![to(None)],
            None => Vec::new(),
        };
        bindings.extend(self.filter.clone().map(|filter| to(Some(filter))));
        if unfiltered_deletes && bindings.iter().all(|binding| binding.filter.is_some()) {
            bindings.push(Binding { event: "DELETE", table, filter: None });
        }
        bindings
    }

    /// Whether a row that matched these bindings, as positions in [`Self::bindings`], is included.
    pub fn is_meant(&self, matched: &[usize]) -> bool {
        let scopes = if self.scope.is_some() { self.table.scopes.len() } else { 0 };
        let in_scope = self.scope.is_none() || matched.iter().any(|place| *place < scopes);
        in_scope && (self.filter.is_none() || matched.contains(&scopes))
    }

    /// Whether the row belongs to the scope, regardless of the filter. `None` if it lacks the columns to decide.
    pub fn is_in_scope<D: Data>(&self, row: &D) -> Option<bool> {
        self.scope.as_deref().map_or(Some(true), |scope| is_in_scope(self.table, scope, row))
    }

    /// A REST query for all included rows, ordered by id, so that reading page by page includes every row, even if
    /// others change in between.
    pub fn query(&self) -> Query {
        let query = Query::of(self.table).ordered_by_id();
        Query { scope: self.scope.clone(), comparison: self.filter.clone(), ..query }
    }
}
