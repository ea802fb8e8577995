//! What waiting writes look like before the server has them.

use super::stored::Stored;
use serde_json::{json, Value};

/// The overlay of a write that was made at 2024-02-29T23:59:59.120.
fn overlay_of(plan: &Value) -> Value {
    let mut stored = Stored::default();
    stored.queue(plan.clone());
    stored.records[0]["createdAt"] = json!(1_709_251_199_120_u64);
    stored.view()["writes"][0]["overlay"].take()
}

fn plan(action: &str, table: &str, key: &str, body: &str) -> Value {
    json!({
        "action": action, "table": table, "key": key, "rowId": null, "refs": [], "body": body,
        "rest": "{}", "ifUpdatedAt": null,
    })
}

#[test]
fn a_new_row_has_every_column_in_order_with_the_databases_defaults() {
    let body = r#"{"id":"n1","workflow_id":"w1","node_id":"a","node_type":"text","config":{"n":1.50}}"#;
    let overlay = overlay_of(&plan("insert", "workflow_nodes", "n1", body));
    let time = "2024-02-29T23:59:59.12";
    let row = format!(
        r#"{{"id":"n1","workflow_id":"w1","node_type":"text","node_id":"a","label":null,"position_x":0,"position_y":0,"config":{{"n":1.50}},"created_at":"{time}","updated_at":"{time}"}}"#
    );
    let expected = json!({"effect": "row", "table": "workflow_nodes", "match": [["id", "n1"]], "json": row});
    assert_eq!(overlay, expected);
}

#[test]
fn an_ensured_row_without_an_id_has_that_of_the_write() {
    let key = r#"[["user_id","u1"],["workflow_id","w1"]]"#;
    let overlay =
        overlay_of(&plan("ensure", "workflow_favorites", key, r#"{"user_id":"u1","workflow_id":"w1"}"#));
    assert_eq!(overlay["match"], json!([["user_id", "u1"], ["workflow_id", "w1"]]));
    let row: Value = serde_json::from_str(overlay["json"].as_str().unwrap()).unwrap();
    assert_eq!([&row["id"], &row["created_at"]], ["w1", "2024-02-29T23:59:59.12"]);
}

#[test]
fn a_change_is_dated_and_its_now_is_the_time_of_the_write_but_a_name_stays_a_name() {
    let body = r#"{"name":"now","archived_at":"now","description":null}"#;
    let overlay = overlay_of(&plan("update", "workflows", "w1", body));
    let time = "2024-02-29T23:59:59.12";
    let changed = json!({"name": "now", "archived_at": time, "description": null, "updated_at": time});
    assert_eq!(overlay["effect"], "patch");
    assert_eq!(serde_json::from_str::<Value>(overlay["json"].as_str().unwrap()).unwrap(), changed);
}

#[test]
fn a_change_is_dated_only_where_the_table_has_a_date_and_the_change_gives_none() {
    let patch_of = |table: &str, body: &str| overlay_of(&plan("update", table, "x", body))["json"].clone();
    let body = r#"{"status":"failed"}"#;
    assert_eq!(patch_of("workflow_executions", body), body);
    let body = r#"{"updated_at":"2024-01-01T00:00:00"}"#;
    assert_eq!(patch_of("workflows", body), body);
}

#[test]
fn an_upsert_with_every_column_is_a_whole_row_and_one_without_is_a_change() {
    let key = r#"[["user_id","u1"]]"#;
    let whole = r#"{"user_id":"u1","theme":"auto","notifications_enabled":true,"email_on_completion":true,"email_on_error":false,"timezone":"UTC","language":null}"#;
    let overlay = overlay_of(&plan("upsert", "account_settings", key, whole));
    let row: Value = serde_json::from_str(overlay["json"].as_str().unwrap()).unwrap();
    assert_eq!(
        [&overlay["effect"], &row["id"], &row["created_at"]],
        ["upsert", "w1", "2024-02-29T23:59:59.12"]
    );
    assert_eq!([&row["theme"], &row["language"]], [&json!("auto"), &Value::Null]);
    let part = whole.replace(r#","language":null"#, "");
    assert_eq!(overlay_of(&plan("upsert", "account_settings", key, &part))["effect"], "patch");
}

#[test]
fn a_deletion_has_no_values() {
    let overlay = overlay_of(&plan("delete", "workflows", "w1", ""));
    assert_eq!([&overlay["effect"], &overlay["json"]], ["delete", ""]);
}

#[test]
fn a_saved_graph_has_whole_rows_of_its_workflow_each_with_an_id() {
    let body = r#"{"p_workflow_id":"w1","p_nodes":[{"node_id":"a","node_type":"t"},{"id":"n2","node_id":"b","node_type":"t"}],"p_connections":[{"connection_id":"c","source_node_id":"a","target_node_id":"b"}]}"#;
    let overlay = overlay_of(&plan("save", "workflows", "w1", body));
    assert_eq!(overlay["effect"], "graph");
    let graph: Value = serde_json::from_str(overlay["json"].as_str().unwrap()).unwrap();
    let (nodes, connections) = (&graph["nodes"], &graph["connections"]);
    assert_eq!([&nodes[0]["id"], &nodes[1]["id"], &connections[0]["id"]], ["w1-0", "n2", "w1-0"]);
    for row in [&nodes[0], &nodes[1], &connections[0]] {
        assert_eq!([&row["workflow_id"], &row["created_at"]], ["w1", "2024-02-29T23:59:59.12"]);
    }
    assert_eq!(nodes[0]["config"], json!({}));
}

#[test]
fn the_defaults_are_those_of_the_migrations() {
    let schema = include_str!("../../../supabase/migrations/20260101000000_initial_schema.sql");
    let code = schema.lines().filter(|line| !line.starts_with("--"));
    let defaults = code.filter_map(|line| {
        let (column, rest) = line.trim().trim_end_matches(',').split_once(" default ")?;
        let value = rest.split(" check ").next()?.trim();
        Some((column.split(' ').next()?, value))
    });
    let mut count = 0;
    for (name, value) in defaults {
        if matches!(value, "gen_random_uuid()" | "current_timestamp")
            || name == "is_master_key"
            || name == "is_active"
        {
            continue;
        }
        count += 1;
        let json = value.trim_matches('\'');
        let json =
            if value.starts_with('\'') && json != "{}" { format!("{json:?}") } else { json.to_owned() };
        let shown: Vec<_> = workflow_db::tables::TABLES
            .iter()
            .filter(|table| table.column(name).is_some())
            .map(|table| {
                let overlay = overlay_of(&plan("insert", table.name, "x", "{}"));
                let row: Value = serde_json::from_str(overlay["json"].as_str().unwrap()).unwrap();
                row[name].clone()
            })
            .collect();
        assert!(shown.contains(&serde_json::from_str::<Value>(&json).unwrap()), "{name}: {json}");
    }
    assert!(count > 20, "{count}");
}
