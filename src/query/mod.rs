//! A query to one table (filters, order, page), and what can be derived from it locally.

mod comparison;
mod cursor;
mod matching;
mod order;

use crate::data::{Data, Member};
use crate::tables::Table;
pub use comparison::Comparison;
pub use cursor::{hash_of, Cursor};
pub use matching::is_in_scope;

/// Replaces a secret.
const REDACTED: &str = "[REDACTED]";

/// A query to one table. Its `order` always ends with a unique column, so it is total.
#[derive(Clone)]
pub struct Query {
    /// The table.
    pub table: &'static Table,
    /// Filters that every row of the result satisfies.
    pub filters: Vec<Filter>,
    /// The order of the result.
    pub order: Vec<Order>,
    /// Maximum number of rows.
    pub limit: Option<u32>,
    /// Number of rows to skip.
    pub offset: u32,
    /// The id that one of the table's scope columns must equal.
    pub scope: Option<String>,
    /// A further condition that only the server can evaluate.
    pub comparison: Option<Comparison>,
    /// For workflows: the user who must be a member.
    pub member: Option<String>,
    /// Whether the table's secret column is excluded.
    pub is_public: bool,
}

/// A condition on one column.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The column.
    pub column: &'static str,
    /// The test on the column's value.
    pub test: Test,
}

/// A test on a column's value. As in SQL, only `IsNull` is true for NULL.
#[derive(Clone, Debug)]
pub enum Test {
    /// Equal to this.
    Eq(String),
    /// Equal to one of these.
    In(Vec<String>),
    /// NULL.
    IsNull,
    /// Greater than or equal to this.
    AtLeast(String),
    /// Less than or equal to this.
    AtMost(String),
    /// Less than this.
    Below(String),
}

/// One column of an order.
#[derive(Clone, Copy, PartialEq)]
pub struct Order {
    /// The column.
    pub column: &'static str,
    /// Descending. As in Postgres, NULL is greater than every value.
    pub descending: bool,
}

/// A position in a list: that of the row with these values in the order's columns.
pub type Position = Vec<(Order, Option<String>)>;

impl Query {
    /// All rows of `table`, ordered by creation.
    pub fn of(table: &'static Table) -> Self {
        let query = Self {
            table,
            filters: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: 0,
            scope: None,
            comparison: None,
            member: None,
            is_public: false,
        };
        query.ordered_by("created_at", false)
    }

    /// Adds a filter.
    #[must_use]
    pub fn filter(mut self, column: &'static str, test: Test) -> Self {
        self.filters.push(Filter { column, test });
        self
    }

    /// Orders by `column`, then by `id`.
    #[must_use]
    pub fn ordered_by(mut self, column: &'static str, descending: bool) -> Self {
        self.order = vec![Order { column, descending }, Order { column: "id", descending: false }];
        self
    }

    /// Orders by `id` only, so that concurrent changes cannot make paging skip a row.
    #[must_use]
    pub fn ordered_by_id(mut self) -> Self {
        self.order = vec![Order { column: "id", descending: false }];
        self
    }

    /// Limits the result to `limit` rows after the first `offset`.
    #[must_use]
    pub fn page(mut self, limit: u32, offset: u32) -> Self {
        self.limit = Some(limit);
        self.offset = offset;
        self
    }

    /// Excludes the table's secret column.
    #[must_use]
    pub fn without_secret(self) -> Self {
        Self { is_public: true, ..self }
    }

    /// The same rows in reverse order.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        for order in &mut self.order {
            order.descending = !order.descending;
        }
        self
    }

    /// The columns to read, in the syntax of `select`.
    pub fn select(&self) -> String {
        let Some(secret) = self.hidden() else {
            // Embeds no column: it only excludes workflows without such a member.
            return if self.member.is_some() { "*,workflow_members!inner()" } else { "*" }.to_owned();
        };
        let names = self.table.columns.iter().map(|column| column.name).filter(|name| *name != secret);
        names.collect::<Vec<_>>().join(",")
    }

    /// `row` as it appears in the result of this query.
    pub fn shown<D: Data>(&self, row: D) -> D {
        match self.hidden() {
            Some(secret) => {
                let unasked: Vec<_> = self.table.secret_format.into_iter().collect();
                D::object(Some(&row), &unasked, &[(secret, Member::Text(Some(REDACTED)))])
            }
            None => row,
        }
    }

    fn hidden(&self) -> Option<&'static str> {
        self.table.secret.filter(|_| self.is_public)
    }

    /// Whether the result contains only part of the matching rows.
    pub fn is_page(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }
}
