//! A workflow with its nodes and connections in one response.

use super::request::Request;
use crate::data::{Data, Form, Value};
use crate::query::{Query, Test};
use crate::tables::{Table, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};

/// Includes the count of each, because servers truncate embedded lists too.
const SELECT: &str = "*,nodes:workflow_nodes(*),connections:workflow_connections(*),\
    node_count:workflow_nodes(count),connection_count:workflow_connections(count)\
    &nodes.order=created_at.asc,id.asc&connections.order=created_at.asc,id.asc";

/// Rows of another table embedded in a workflow's row.
pub struct Embedded {
    table: &'static Table,
    /// The member that contains the rows.
    rows: &'static str,
    /// The member that contains their count.
    count: &'static str,
}

/// A workflow's nodes.
pub static NODES: Embedded = Embedded { table: &WORKFLOW_NODES, rows: "nodes", count: "node_count" };
/// A workflow's connections.
pub static CONNECTIONS: Embedded =
    Embedded { table: &WORKFLOW_CONNECTIONS, rows: "connections", count: "connection_count" };

impl Request {
    /// One workflow with its nodes and connections.
    pub fn relations(workflow_id: &str) -> Self {
        let query = Query { order: Vec::new(), ..Query::of(&WORKFLOWS) };
        Self::select(&query.filter("id", Test::Eq(workflow_id.to_owned())), SELECT)
    }
}

impl Embedded {
    /// The rows embedded in `workflow`, and their total if it is plausible. `None` if there is no list.
    pub fn of<D: Data>(&self, workflow: &D) -> Option<(D, Option<u32>)> {
        let rows = workflow.child(self.rows).filter(|rows| rows.is(Form::Rows))?;
        // A count below the number of rows received is not their count.
        let count = number_in(workflow, self.count).filter(|count| *count as usize >= rows.len());
        Some((rows, count))
    }

    /// The query for these rows.
    pub fn query(&self, workflow_id: &str) -> Query {
        Query::of(self.table).filter("workflow_id", Test::Eq(workflow_id.to_owned()))
    }
}

/// The workflow's own row.
pub fn without_embedded<D: Data>(workflow: &D) -> D {
    D::object(Some(workflow), &[NODES.rows, NODES.count, CONNECTIONS.rows, CONNECTIONS.count], &[])
}

/// The number in an embedded `[{"count": 12}]`; `None` if there is none.
fn number_in<D: Data>(row: &D, name: &'static str) -> Option<u32> {
    let number = row.child(name).filter(|list| !list.is_empty())?.item(0).column("count");
    match number {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to fit")]
        Value::Number(number) if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) => {
            Some(number as u32)
        }
        _ => None,
    }
}
