//! Writes as plans: texts that can be stored and sent later, by another page of the same app.

use super::write::{Condition, Write};
use crate::data::Data;
use crate::json::json_text;
use crate::offline::without_member;
use crate::query::{Filter, Test};
use crate::tables::{Table, TABLES, WORKFLOW_MEMBERS};

/// A write as texts. `key` names the row that it writes: its id, or its natural key as a JSON list of columns and
/// values.
pub struct Plan {
    /// `insert`, `update`, `delete`, `upsert`, `ensure` or `save` (a graph).
    pub action: &'static str,
    /// The table.
    pub table: &'static str,
    /// The row.
    pub key: String,
    /// The row's id, if it is known.
    pub row_id: Option<String>,
    /// The rows that a new row belongs to, each as its table and id with a space between them.
    pub refs: Vec<String>,
    /// The row, the changed columns or the graph as JSON; empty for a delete.
    pub body: String,
    /// The graph that the edit of a saved graph started from, as JSON.
    pub base: Option<String>,
    /// The expected version of the row.
    pub if_updated_at: Option<String>,
}

impl Write {
    /// The plan of this write. `None` if it cannot wait: it carries a secret, which must not be stored, or only the
    /// server knows its result.
    pub fn plan<D: Data>(&self) -> Option<Plan> {
        let table = self.table();
        if table.holds_secrets() || *table == WORKFLOW_MEMBERS {
            return None;
        }
        let (action, key, body) = match self {
            Self::Insert { id, body, .. } => ("insert", id.clone(), body.as_str()),
            Self::Update { id, body, .. } => ("update", id.clone(), body.as_str()),
            Self::Delete { filters, .. } => ("delete", key_of(filters), ""),
            Self::Upsert { body, .. } => ("upsert", natural_key::<D>(table, body)?, body.as_str()),
            Self::Ensure { filters, body, .. } => ("ensure", key_of(filters), body.as_str()),
            Self::Call(call) if call.function.saves_one_graph() => {
                ("save", call.workflow_id.clone()?, call.body.as_str())
            }
            Self::Call(_) => return None,
        };
        let base = match self {
            Self::Call(call) => call.base.clone(),
            _ => None,
        };
        let if_updated_at = match self.condition() {
            Some(Condition::Wanted(updated_at)) => Some(updated_at.clone()),
            _ => None,
        };
        Some(Plan {
            action,
            table: table.name,
            refs: if action == "save" { Vec::new() } else { refs::<D>(table, body) },
            row_id: self.id(),
            // When the row changes is up to the database, when the write is sent.
            body: match action {
                "update" | "upsert" => without_member(body, "updated_at"),
                _ => body.to_owned(),
            },
            key,
            base,
            if_updated_at,
        })
    }
}

/// The key of the row that the filters select.
fn key_of(filters: &[Filter]) -> String {
    let value = |filter: &Filter| match &filter.test {
        Test::Eq(value) => value.clone(),
        _ => String::new(),
    };
    match filters {
        [filter] if filter.column == "id" => value(filter),
        _ => pairs(filters.iter().map(|filter| (filter.column, value(filter)))),
    }
}

fn pairs(columns: impl Iterator<Item = (&'static str, String)>) -> String {
    let pairs: Vec<_> =
        columns.map(|(name, value)| ["[\"", name, "\",", &json_text(&value), "]"].concat()).collect();
    ["[", &pairs.join(","), "]"].concat()
}

/// The key of the row with the natural key in `body`.
fn natural_key<D: Data>(table: &'static Table, body: &str) -> Option<String> {
    let row = D::parse(body)?;
    let values: Option<Vec<_>> =
        table.natural_key.split(',').map(|name| Some((name, row.column(name).text()?.to_owned()))).collect();
    Some(pairs(values?.into_iter()))
}

/// The columns and values that identify the row with this key.
pub fn columns_of<D: Data>(table: &'static Table, key: &str) -> Option<Vec<(&'static str, String)>> {
    if !key.starts_with('[') {
        return Some(vec![("id", key.to_owned())]);
    }
    let pairs = D::parse(key)?.items();
    let pair = |pair: &D| {
        let (name, value) = (pair.item(0).value(), pair.item(1).value());
        Some((table.column(name.text()?)?.name, value.text()?.to_owned()))
    };
    pairs.iter().map(pair).collect()
}

/// The rows whose deletion would delete this one.
fn refs<D: Data>(table: &Table, body: &str) -> Vec<String> {
    let Some(row) = D::parse(body) else { return Vec::new() };
    let mut refs = Vec::new();
    for parent in TABLES {
        for cascade in parent.cascades.iter().filter(|cascade| cascade.table == table) {
            if let Some(id) = row.column(cascade.column).text() {
                refs.push([parent.name, " ", id].concat());
            }
        }
    }
    refs
}
