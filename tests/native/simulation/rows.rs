//! Random rows, and references to rows that exist when the step runs.

use super::generate::Generator;
use crate::support::random::uuid_of;
use serde_json::{json, Map, Value};
use workflow_db::tables::{Column, Kind, Presence, Table};

/// The text column of each table in which a new row contains its mark.
const MARKED: [(&str, &str); 6] = [
    ("workflows", "description"),
    ("workflow_nodes", "label"),
    ("workflow_executions", "error_message"),
    ("execution_node_results", "error_message"),
    ("api_keys", "encrypted_key"),
    ("workflow_templates", "description"),
];

impl Generator {
    /// A reference to a row of a table, usually one of the user's own.
    pub fn reference(&self, table: &str) -> String {
        let of_any = if self.setting.shares_workflows { 10 } else { 3 };
        match self.random.below(20) {
            0 => uuid_of(table),
            place if place < of_any => format!("$*{table}:{}", self.random.below(12)),
            _ => format!("${table}:{}", self.random.below(12)),
        }
    }

    pub fn parent(&self, column: &str) -> String {
        match column {
            "workflow_id" => self.reference("workflows"),
            "execution_id" => self.reference("workflow_executions"),
            "template_id" => self.reference("workflow_templates"),
            _ if self.random.chance(0.04) => format!("$user:{}", self.random.below(2)),
            _ => "$me".to_owned(),
        }
    }

    fn value(&self, column: &Column) -> Value {
        let random = &self.random;
        match column.kind {
            Kind::Uuid => json!(self.parent(column.name)),
            Kind::Text => match column.name {
                "name" => json!(format!("n{}", random.below(9))),
                "email" => json!("$mark"),
                "service_name" => json!(format!("s{}", random.below(3))),
                _ => json!(format!("t{}", random.below(4))),
            },
            Kind::Bool => json!(random.chance(0.5)),
            Kind::Int => json!(random.below(100)),
            Kind::Float => json!(f64::from(u32::try_from(random.below(64)).expect("small")) / 4.0),
            Kind::Timestamp => json!(format!("2024-05-0{}T12:00:00Z", 1 + random.below(9))),
            Kind::Json => json!({"k": random.below(4)}),
            Kind::OneOf(words) => json!(random.pick::<&str>(words)),
        }
    }

    pub fn new_row(&self, table: &Table) -> Value {
        let mut row = Map::new();
        for column in table.columns {
            let is_written = column.presence == Presence::Required || self.random.chance(0.15);
            let is_kept = matches!(column.name, "id" | "created_at" | "updated_at")
                || (column.name == "is_public" && !self.setting.publishes());
            if is_written && !is_kept {
                row.insert(column.name.to_owned(), self.value(column));
            }
        }
        if table.name == "workflow_templates" {
            row.insert("created_by".to_owned(), json!("$me"));
            row.insert("workflow_data".to_owned(), self.graph(false));
        }
        if let Some((_, column)) = MARKED.iter().find(|(name, _)| *name == table.name) {
            row.insert((*column).to_owned(), json!("$mark"));
        }
        if self.random.chance(0.05) && !table.natural_key.contains("user_id") {
            row.insert("id".to_owned(), json!(uuid_of(&format!("{} {}", table.name, self.random.below(6)))));
        }
        Value::Object(row)
    }

    pub fn patch(&self, table: &Table) -> Value {
        let is_changed = |column: &&Column| match column.name {
            "id" | "created_at" | "updated_at" | "email" | "workflow_data" | "user_id" => false,
            "workflow_id" | "execution_id" | "created_by" => self.random.chance(0.1),
            "is_public" => self.setting.publishes(),
            _ => true,
        };
        let columns: Vec<&Column> = table.columns.iter().filter(is_changed).collect();
        let mut patch = Map::new();
        for _ in 0..=self.random.below(2) {
            if columns.is_empty() {
                break;
            }
            let column = *self.random.pick(&columns);
            let is_null = column.presence == Presence::Nullable && self.random.chance(0.2);
            let value = if is_null { Value::Null } else { self.value(column) };
            patch.insert(column.name.to_owned(), value);
        }
        if patch.get("created_by").is_some_and(|value| !value.is_null()) {
            patch.insert("created_by".to_owned(), json!("$me"));
        }
        Value::Object(patch)
    }

    /// Nodes and connections. In a whole workflow, each row names its owner.
    pub fn graph(&self, is_marked: bool) -> Value {
        let random = &self.random;
        let nodes: Vec<Value> = (0..random.below(4))
            .map(|place| {
                let label = if is_marked && place == 0 { json!("$mark") } else { json!("a") };
                json!({
                    "node_type": format!("t{}", random.below(2)), "node_id": format!("n{place}"),
                    "label": label, "position_x": random.below(3),
                })
            })
            .collect();
        let connections: Vec<Value> = (0..random.below(3))
            .map(|place| {
                json!({
                    "source_node_id": format!("n{}", random.below(3)), "target_node_id": format!("m{place}"),
                    "connection_id": format!("t{place}"),
                })
            })
            .collect();
        json!({"nodes": nodes, "connections": connections})
    }
}
