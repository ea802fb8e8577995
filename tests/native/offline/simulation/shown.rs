//! What the cache shows: the rows of the server with the effect of the waiting writes on top.

use super::device::is_due;
use super::server::Server;
use crate::offline::stored::{text, Stored};
use crate::support::Json;
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use workflow_db::cache::{shape_of_key, shown, Effect, Overlay};
use workflow_db::data::Data;
use workflow_db::tables::table_named;

/// When the rows of the server were made.
const STAMP: &str = "1970-01-01T00:00:00";

type Columns = Map<String, Value>;

/// Checks one of the workflows that a user sees, and its nodes.
pub fn check(server: &Server, user: usize, stored: &Stored, which: usize) {
    let plans: Vec<_> =
        stored.records.iter().filter(|record| is_due(record)).map(|one| &one["plan"]).collect();
    let of_server = server.rows.iter().filter(|(name, row)| name.0 == "workflows" && row.user == user);
    let made = plans.iter().filter(|plan| plan["table"] == "workflows" && plan["action"] == "insert");
    let ids: BTreeSet<_> =
        of_server.map(|(name, _)| &*name.1).chain(made.map(|plan| text(&plan["key"]))).collect();
    let Some(id) = ids.iter().nth(which % ids.len().max(1)) else {
        return;
    };
    let view = stored.view();
    let writes = view["writes"].as_array().expect("a list").iter();
    let overlays: Vec<_> = writes.filter_map(|write| overlay(&write["overlay"])).collect();
    let see = |key: &str, base: Option<Value>| {
        shown(&overlays, key, &shape_of_key(key), base.map(Json::from)).map(|data| data.to_value())
    };

    let rows = rows(server, &plans, "workflows", |key, _| key == *id);
    let base =
        server.rows.get(&("workflows".to_owned(), (*id).to_owned())).map(|row| given(id, &row.columns));
    let seen = see(&format!("workflow:{id}"), base);
    assert_eq!(seen.as_ref().map(columns), rows.get(*id).cloned(), "what is shown of workflow {id}");

    let is_below = |_: &str, columns: &Columns| columns.get("workflow_id").is_some_and(|parent| parent == id);
    let nodes = server
        .rows
        .iter()
        .filter(|(name, row)| name.0 == "workflow_nodes" && is_below(&name.1, &row.columns));
    let base: Value = nodes.map(|(name, row)| given(&name.1, &row.columns)).collect();
    let list = see(&format!("workflow_nodes:{id}"), Some(base)).expect("a list");
    let seen: BTreeMap<_, _> = list
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (text(&row["id"]).to_owned(), columns(row)))
        .collect();
    assert_eq!(
        seen,
        self::rows(server, &plans, "workflow_nodes", is_below),
        "what is shown of nodes of {id}"
    );
}

/// A row as the server sends it.
fn given(id: &str, columns: &Columns) -> Value {
    let mut row = json!({"id": id, "created_at": STAMP, "updated_at": STAMP});
    row.as_object_mut().expect("a row").extend(columns.clone());
    row
}

/// The columns that programs write.
fn columns(row: &Value) -> Columns {
    let is_written = |(name, value): &(&String, &Value)| {
        ["name", "description", "label", "workflow_id"].contains(&name.as_str()) && !value.is_null()
    };
    let row = row.as_object().expect("a row");
    row.iter().filter(is_written).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The rows of a table that `is_wanted`, with the effect of all plans, by their ids. A row that only a plan moves there
/// is not among them: it was not read.
fn rows(
    server: &Server,
    plans: &[&Value],
    table: &str,
    is_wanted: impl Fn(&str, &Columns) -> bool,
) -> BTreeMap<String, Columns> {
    let of_server =
        server.rows.iter().filter(|(name, row)| name.0 == table && is_wanted(&name.1, &row.columns));
    let given = of_server.map(|(name, row)| (name.1.clone(), columns(&Value::Object(row.columns.clone()))));
    let mut rows: BTreeMap<_, _> = given.collect();
    for plan in plans {
        let key = text(&plan["key"]).to_owned();
        if plan["table"] != table {
            // A row goes with the one that it belongs to.
            if plan["table"] == "workflows" && plan["action"] == "delete" {
                rows.retain(|_, columns| columns.get("workflow_id").is_none_or(|parent| *parent != key));
            }
            continue;
        }
        let body: Columns = serde_json::from_str(text(&plan["body"])).unwrap_or_default();
        match text(&plan["action"]) {
            "insert" if is_wanted(&key, &body) => {
                rows.entry(key).or_insert(body);
            }
            "update" => {
                if let Some(row) = rows.get_mut(&key) {
                    row.extend(body);
                }
            }
            "delete" => {
                rows.remove(&key);
            }
            _ => {}
        }
        rows.retain(|key, columns| is_wanted(key, columns));
    }
    rows
}

fn overlay(overlay: &Value) -> Option<Overlay<Json>> {
    let data = Json::parse(text(&overlay["json"]));
    Some(Overlay {
        table: table_named(text(&overlay["table"]))?,
        columns: vec![("id", text(&overlay["match"][0][1]).to_owned())],
        effect: match text(&overlay["effect"]) {
            "row" => Effect::Row(data?),
            "patch" => Effect::Patch(data?),
            "delete" => Effect::Delete,
            _ => return None,
        },
    })
}
