//! Writes as plans: texts that can be stored and sent later, by another page of the same app.

use super::write::{Condition, Write};
use super::{DatabaseFunction, FunctionCall};
use crate::data::Data;
use crate::json::json_text;
use crate::query::{Filter, Test};
use crate::tables::{table_named, Table, TABLES, WORKFLOW_MEMBERS};

/// A write as texts. `key` names the row that it writes: its id, or its natural key as a JSON list of columns and
/// values.
pub struct Plan {
    /// `insert`, `update`, `delete`, `upsert`, `ensure` or `save` (a graph).
    pub action: String,
    /// The table.
    pub table: String,
    /// The row.
    pub key: String,
    /// The row's id, if it is known.
    pub row_id: Option<String>,
    /// The rows that a new row belongs to, each as its table and id with a space between them.
    pub refs: Vec<String>,
    /// The row, the changed columns or the graph as JSON; empty for a delete.
    pub body: String,
    /// What the action needs besides.
    pub rest: String,
    /// The expected version of the row.
    pub if_updated_at: Option<String>,
}

/// What `rest` says of an insert if the caller chose the id, and of a delete if the row must exist.
const STRICT: &str = "strict";

impl Write {
    /// The plan of this write. `None` if it cannot wait: it carries a secret, which must not be stored, or only the
    /// server knows its result.
    pub fn plan<D: Data>(&self) -> Option<Plan> {
        let table = self.table();
        if table.holds_secrets() || *table == WORKFLOW_MEMBERS {
            return None;
        }
        let strict = |is_strict: bool| if is_strict { STRICT.to_owned() } else { String::new() };
        let (action, key, body, rest) = match self {
            Self::Insert { id, chosen_id, body, .. } => ("insert", id.clone(), body, strict(*chosen_id)),
            Self::Update { id, body, .. } => ("update", id.clone(), body, String::new()),
            Self::Delete { filters, must_exist, .. } => {
                ("delete", key_of(filters), &String::new(), strict(*must_exist))
            }
            Self::Upsert { user_id, body, .. } => {
                ("upsert", natural_key::<D>(table, body)?, body, user_id.clone())
            }
            Self::Ensure { user_id, filters, body, .. } => ("ensure", key_of(filters), body, user_id.clone()),
            Self::Call(call) if call.function.saves_one_graph() => {
                ("save", call.workflow_id.clone()?, &call.body, call.base.clone().unwrap_or_default())
            }
            Self::Call(_) => return None,
        };
        let if_updated_at = match self.condition() {
            Some(Condition::Wanted(updated_at)) => Some(updated_at.clone()),
            _ => None,
        };
        Some(Plan {
            action: action.to_owned(),
            table: table.name.to_owned(),
            refs: if action == "save" { Vec::new() } else { refs::<D>(table, body) },
            row_id: self.id(),
            body: body.clone(),
            key,
            rest,
            if_updated_at,
        })
    }
}

impl Plan {
    /// The write. `None` if this version of the package does not know such a write.
    pub fn write<D: Data>(self) -> Option<Write> {
        let table = table_named(&self.table)?;
        let Self { key, body, rest, .. } = self;
        let condition = self.if_updated_at.map(Condition::Wanted);
        Some(match self.action.as_str() {
            "insert" => Write::Insert { table, id: key, chosen_id: rest == STRICT, body },
            "update" => Write::Update { table, id: key, body, condition },
            "delete" => {
                Write::Delete { table, filters: filters_of::<D>(table, &key)?, must_exist: rest == STRICT }
            }
            "upsert" => Write::Upsert { table, user_id: rest, body },
            "ensure" => Write::Ensure { table, user_id: rest, filters: filters_of::<D>(table, &key)?, body },
            "save" => {
                let base = (!rest.is_empty()).then_some(rest);
                let function = match base {
                    Some(_) => DatabaseFunction::SaveMergedGraph,
                    None => DatabaseFunction::SaveGraph,
                };
                let call = FunctionCall::new(function, body, Some(key));
                Write::Call(FunctionCall { condition, base, ..call })
            }
            _ => return None,
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

fn filters_of<D: Data>(table: &'static Table, key: &str) -> Option<Vec<Filter>> {
    let columns = columns_of::<D>(table, key)?;
    Some(columns.into_iter().map(|(column, value)| Filter { column, test: Test::Eq(value) }).collect())
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
