//! The effect of a waiting write on the rows that are shown, with the defaults that the database will fill in.

use super::json::{list, object, Json, Object};
use super::record::{Action, Record};
use crate::json::json_text;
use crate::tables::{table_named, Column, Kind, Table, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use crate::time::timestamp::of_unix_ms;

/// The defaults of columns as JSON, by name. Columns of the same name have the same default in every table.
const DEFAULTS: &[(&str, &str)] = &[
    ("is_public", "false"),
    ("position_x", "0"),
    ("position_y", "0"),
    ("config", "{}"),
    ("status", "\"running\""),
    ("api_call_count", "0"),
    ("font_family", "\"Inter\""),
    ("font_size_base", "16"),
    ("border_radius", "8"),
    ("theme", "\"light\""),
    ("notifications_enabled", "true"),
    ("email_on_completion", "true"),
    ("email_on_error", "true"),
    ("timezone", "\"UTC\""),
    ("language", "\"en\""),
    ("is_connected", "false"),
    ("metadata", "{}"),
    ("usage_count", "0"),
    ("rating", "0"),
    ("is_featured", "false"),
];
/// Columns that the database sets to the current time by default.
const TIMES: &[&str] = &["created_at", "updated_at", "started_at"];
const UPDATED_AT: &str = "updated_at";
/// The database replaces this value with the current time.
const NOW: &str = "\"now\"";

/// `{ effect, table, match, json }`: the kind of effect, the row that it concerns, and the values.
pub(super) fn overlay_json(record: &Record) -> String {
    let plan = &record.plan;
    let (effect, json) = effect(record).unwrap_or_default();
    // The natural key is a list of columns and values already.
    let columns = if plan.key.starts_with('[') {
        plan.key.clone()
    } else {
        list([list([json_text("id"), json_text(&plan.key)])])
    };
    object([
        ("effect", json_text(effect)),
        ("table", json_text(&plan.table)),
        ("match", columns),
        ("json", json_text(&json)),
    ])
}

/// The kind of effect, and its values. `None` for a write of another version of the package, which cannot be shown.
fn effect(record: &Record) -> Option<(&'static str, String)> {
    let plan = &record.plan;
    let table = table_named(&plan.table)?;
    let time = json_text(&of_unix_ms(record.created_at)?);
    let body = || Object::parse(&plan.body);
    Some(match plan.action {
        Action::Insert => ("row", new_row(table, &body()?, &json_text(&plan.key), &time)),
        Action::Ensure => ("row", new_row(table, &body()?, &json_text(&record.id), &time)),
        Action::Upsert if is_whole(table, &body()?) => {
            ("upsert", new_row(table, &body()?, &json_text(&record.id), &time))
        }
        Action::Update | Action::Upsert => ("patch", patch(table, &body()?, &time)),
        Action::Delete => ("delete", String::new()),
        Action::Save => ("graph", graph(&body()?, record, &time)?),
    })
}

/// Whether the values are a complete row, except for the columns that the database sets itself.
fn is_whole(table: &Table, body: &Object) -> bool {
    let is_set_by_database = |name: &str| name == "id" || TIMES.contains(&name);
    table.columns.iter().all(|column| is_set_by_database(column.name) || body.given(column.name).is_some())
}

/// Every column of the row in the database's order.
fn new_row(table: &Table, body: &Object, id: &str, time: &str) -> String {
    object(table.columns.iter().map(|column| {
        let given = body.given(column.name).map(|value| resolved(column, value, time));
        (column.name, given.unwrap_or_else(|| default(column.name, id, time)))
    }))
}

fn default<'a>(name: &str, id: &'a str, time: &'a str) -> &'a str {
    if name == "id" {
        return id;
    }
    if TIMES.contains(&name) {
        return time;
    }
    DEFAULTS.iter().find(|(own, _)| *own == name).map_or("null", |(_, value)| value)
}

/// The columns that change, with the time of the change.
fn patch(table: &Table, body: &Object, time: &str) -> String {
    let changed = body.members().map(|(name, value)| {
        let column = table.column(name);
        (name, column.map_or(value.0, |column| resolved(column, value, time)))
    });
    let is_dated = table.column(UPDATED_AT).is_some() && body.given(UPDATED_AT).is_none();
    object(changed.chain(is_dated.then_some((UPDATED_AT, time))))
}

fn resolved<'a>(column: &Column, value: Json<'a>, time: &'a str) -> &'a str {
    if column.kind == Kind::Timestamp && value.0 == NOW {
        time
    } else {
        value.0
    }
}

/// The nodes and connections that the workflow will have.
fn graph(body: &Object, record: &Record, time: &str) -> Option<String> {
    let workflow_id = json_text(&record.plan.key);
    let rows = |table: &Table, name: &str| {
        let items = body.get(name)?.items()?.into_iter().enumerate();
        let row = |(index, item): (usize, Json)| {
            let mut row = Object::parse(item.0)?;
            row.set("workflow_id", Json(&workflow_id));
            // Identifies the row in the graph until the database assigns an id.
            let id = json_text(&[&*record.id, "-", &*index.to_string()].concat());
            Some(new_row(table, &row, &id, time))
        };
        Some(list(items.map(row).collect::<Option<Vec<_>>>()?))
    };
    Some(object([
        ("nodes", rows(&WORKFLOW_NODES, "p_nodes")?),
        ("connections", rows(&WORKFLOW_CONNECTIONS, "p_connections")?),
    ]))
}
