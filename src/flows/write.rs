//! The changes that can be sent to the server, each as one idempotent request.

use super::function::FunctionCall;
use crate::query::{Filter, Test};
use crate::rest::Request;
use crate::tables::{Table, WORKFLOWS};

/// A change to send to the server.
#[derive(Clone)]
pub enum Write {
    /// A new row.
    Insert {
        /// The table.
        table: &'static Table,
        /// The row's id, which `body` contains too.
        id: String,
        /// Whether the caller chose the id, so that it may belong to a different row.
        chosen_id: bool,
        /// The row as JSON.
        body: String,
    },
    /// New values for one row.
    Update {
        /// The table.
        table: &'static Table,
        /// The row's id.
        id: String,
        /// The new values as JSON.
        body: String,
        /// The expected version of the row.
        condition: Option<Condition>,
    },
    /// Removal of a row.
    Delete {
        /// The table.
        table: &'static Table,
        /// The filters that select the row.
        filters: Vec<Filter>,
        /// Whether it is an error if the row does not exist.
        must_exist: bool,
    },
    /// New values for the row with the natural key in `body`, or a new row.
    Upsert {
        /// The table.
        table: &'static Table,
        /// The owner.
        user_id: String,
        /// The row as JSON, without an id: it would overwrite that of an existing row.
        body: String,
    },
    /// A new row, unless one with this natural key exists.
    Ensure {
        /// The table.
        table: &'static Table,
        /// The owner.
        user_id: String,
        /// The natural key.
        filters: Vec<Filter>,
        /// The row as JSON.
        body: String,
    },
    /// A database function that changes several rows in one transaction.
    Call(FunctionCall),
}

/// The version of a row that a write expects, as its `updated_at`.
#[derive(Clone)]
pub enum Condition {
    /// Set by the caller. The write is refused if the row has another version.
    Wanted(String),
    /// The latest known version. If the row has another one, the write is still made, and the difference shows that
    /// another client changed the row.
    Assumed(String),
}

impl Condition {
    /// The version.
    pub fn updated_at(&self) -> &str {
        match self {
            Self::Wanted(updated_at) | Self::Assumed(updated_at) => updated_at,
        }
    }
}

impl Write {
    /// The table that it writes.
    pub fn table(&self) -> &'static Table {
        match self {
            Self::Insert { table, .. }
            | Self::Update { table, .. }
            | Self::Delete { table, .. }
            | Self::Upsert { table, .. }
            | Self::Ensure { table, .. } => table,
            Self::Call(call) => call.function.table(),
        }
    }

    /// The id of the row that it writes, if it is known beforehand.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Insert { id, .. } | Self::Update { id, .. } => Some(id.clone()),
            Self::Delete { filters, .. } => id_in(filters),
            Self::Upsert { .. } | Self::Ensure { .. } => None,
            Self::Call(call) => call.workflow_id.clone().filter(|_| *call.function.table() == WORKFLOWS),
        }
    }

    /// The workflow of which it creates a new version, if the write can be conditional.
    pub fn versioned_row(&self) -> Option<&str> {
        match self {
            Self::Update { table, id, .. } if **table == WORKFLOWS => Some(id),
            Self::Call(call) if call.function.saves_one_graph() => call.workflow_id.as_deref(),
            _ => None,
        }
    }

    /// The version that it expects.
    pub fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Update { condition, .. } => condition.as_ref(),
            Self::Call(call) => call.condition.as_ref(),
            _ => None,
        }
    }

    /// The same write with another expected version.
    #[must_use]
    pub fn on(&self, other: Option<Condition>) -> Self {
        let mut write = self.clone();
        match &mut write {
            Self::Update { condition, .. } => *condition = other,
            Self::Call(call) => call.condition = other,
            _ => {}
        }
        write
    }

    /// The length of its URL in bytes, without the server's address.
    pub fn url_length(&self) -> usize {
        self.request().path.len()
    }

    pub(super) fn request(&self) -> Request {
        match self {
            Self::Insert { table, body, .. } => Request::insert(table, "id", body.clone()),
            Self::Update { table, id, body, condition } => {
                let unchanged = condition.as_ref().map(|condition| Filter {
                    column: "updated_at",
                    test: Test::Eq(condition.updated_at().to_owned()),
                });
                let filters: Vec<_> = by_id(id).into_iter().chain(unchanged).collect();
                Request::update(table, &filters, body.clone())
            }
            Self::Delete { table, filters, .. } => Request::delete(table, filters),
            Self::Upsert { table, body, .. } => Request::upsert(table, table.natural_key, body.clone()),
            Self::Ensure { table, body, .. } => Request::insert(table, table.natural_key, body.clone()),
            Self::Call(call) => call.request(),
        }
    }
}

fn id_in(filters: &[Filter]) -> Option<String> {
    filters.iter().find_map(|filter| match (filter.column, &filter.test) {
        ("id", Test::Eq(id)) => Some(id.clone()),
        _ => None,
    })
}

/// The filter that selects the row with this id.
pub(super) fn by_id(id: &str) -> [Filter; 1] {
    [Filter { column: "id", test: Test::Eq(id.to_owned()) }]
}
