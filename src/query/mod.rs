//! What is asked of one table: filters, order and page; and what follows from it without asking.

mod comparison;
mod cursor;
mod matching;
mod order;

use crate::data::{Data, Member};
use crate::tables::Table;
pub use comparison::Comparison;
pub use cursor::{hash_of, Cursor};
pub use matching::is_in_scope;

/// What stands in the place of a secret.
const REDACTED: &str = "[REDACTED]";

/// A question to one table. Its `order` always ends in a unique column, so that it is total.
#[derive(Clone)]
pub struct Query {
    /// The table asked.
    pub table: &'static Table,
    /// All of these hold for every row of the answer.
    pub filters: Vec<Filter>,
    /// The order of the answer.
    pub order: Vec<Order>,
    /// At most so many rows.
    pub limit: Option<u32>,
    /// After skipping so many.
    pub offset: u32,
    /// The id that one of the table's scope columns holds.
    pub scope: Option<String>,
    /// What else holds, as only the server can decide.
    pub comparison: Option<Comparison>,
    /// Whether the table's secret column is neither asked for nor shown.
    pub is_public: bool,
}

/// A condition on one column.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The column.
    pub column: &'static str,
    /// What must hold for it.
    pub test: Test,
}

/// What must hold for a column. As in SQL, nothing but `IsNull` holds for NULL.
#[derive(Clone, Debug)]
pub enum Test {
    /// Equal to this.
    Eq(String),
    /// Equal to one of these.
    In(Vec<String>),
    /// NULL.
    IsNull,
    /// This or more.
    AtLeast(String),
    /// This or less.
    AtMost(String),
    /// Less than this.
    Below(String),
}

/// One column of an order.
#[derive(Clone, Copy, PartialEq)]
pub struct Order {
    /// The column.
    pub column: &'static str,
    /// Largest first. As in Postgres, NULL counts as larger than everything.
    pub descending: bool,
}

/// Where to continue a list: after the row with these values in the order's columns.
pub type Position = Vec<(Order, Option<String>)>;

impl Query {
    /// All rows of `table`, in the order of their creation.
    pub fn of(table: &'static Table) -> Self {
        let query = Self {
            table,
            filters: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: 0,
            scope: None,
            comparison: None,
            is_public: false,
        };
        query.ordered_by("created_at", false)
    }

    /// Only rows for which this holds.
    #[must_use]
    pub fn filter(mut self, column: &'static str, test: Test) -> Self {
        self.filters.push(Filter { column, test });
        self
    }

    /// In the order of `column`, then of `id`.
    #[must_use]
    pub fn ordered_by(mut self, column: &'static str, descending: bool) -> Self {
        self.order = vec![Order { column, descending }, Order { column: "id", descending: false }];
        self
    }

    /// Only in the order of `id`: the walk that no concurrent change can make skip a row.
    #[must_use]
    pub fn ordered_by_id(mut self) -> Self {
        self.order = vec![Order { column: "id", descending: false }];
        self
    }

    /// Only `limit` rows after the first `offset`.
    #[must_use]
    pub fn page(mut self, limit: u32, offset: u32) -> Self {
        self.limit = Some(limit);
        self.offset = offset;
        self
    }

    /// Without the table's secret column.
    #[must_use]
    pub fn without_secret(self) -> Self {
        Self { is_public: true, ..self }
    }

    /// The same rows, last one first.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        for order in &mut self.order {
            order.descending = !order.descending;
        }
        self
    }

    /// The columns to ask for, as `select` takes them.
    pub fn select(&self) -> String {
        let Some(secret) = self.hidden() else { return "*".to_owned() };
        let names = self.table.columns.iter().map(|column| column.name).filter(|name| *name != secret);
        names.collect::<Vec<_>>().join(",")
    }

    /// `row` as the answer to this query shows it.
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

    /// Whether the answer holds only part of the rows that match.
    pub fn is_page(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }
}
