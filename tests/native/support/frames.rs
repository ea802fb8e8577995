//! The frames that report changes.

use super::postgrest::{Commit, Row};
use super::realtime::Realtime;
use serde_json::{json, Value};

/// The frame that reports a commit to a channel, for its bindings `ids`.
pub fn frame(topic: &str, ids: &[u64], commit: &Commit) -> Value {
    let key = json!({"id": commit.row["id"]});
    let mut data = json!({
        "schema": "public", "table": commit.table, "type": commit.kind,
        "commit_timestamp": format!("{}Z", commit.at), "columns": [], "errors": null,
    });
    match commit.kind {
        "DELETE" => data["old_record"] = key,
        "UPDATE" => {
            data["record"] = Value::Object(commit.row.clone());
            data["old_record"] = key;
        }
        _ => data["record"] = Value::Object(commit.row.clone()),
    }
    json!([null, null, topic, "postgres_changes", {"ids": ids, "data": data}])
}

/// Removes what the server does not send.
pub fn cut(frame: &mut Value, server: &Realtime, before: Option<&Row>) {
    let data = &mut frame[4]["data"];
    let Some(record) = data["record"].as_object_mut() else { return };
    if let Some(before) = before {
        let is_untouched = |column: &&&str| record.get(**column) == before.get(**column);
        let omitted: Vec<_> = server.large_columns.get().iter().filter(is_untouched).collect();
        for column in omitted {
            record.remove(*column);
        }
    }
    if server.rows_are_too_large.get() {
        record.retain(|column, _| column == "id");
        data["errors"] = json!(["Error 413: Payload Too Large"]);
    }
}
