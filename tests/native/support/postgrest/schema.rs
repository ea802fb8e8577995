//! The database's tables, as `schema.md` describes them.

use super::Row;
use serde_json::{json, Value};

pub struct Facts {
    pub name: &'static str,
    /// `name`, `type`, and the default as JSON (`now` for the time of the insert).
    pub columns: &'static [(&'static str, Type, &'static str)],
    pub required: &'static [&'static str],
    pub unique: &'static [&'static [&'static str]],
    /// Foreign keys with `on delete cascade`, except the owner's.
    pub parents: &'static [(&'static str, &'static str)],
    /// The column with the owner; without one, the first parent's owner applies.
    pub owner: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Type {
    Uuid,
    Text,
    Bool,
    Number,
    Timestamp,
    Json,
}

use Type::{Bool, Json, Number, Text, Timestamp, Uuid};

pub const TABLES: &[Facts] = &[
    Facts {
        name: "user_profiles",
        columns: &[
            ("id", Uuid, "null"),
            ("email", Text, "null"),
            ("full_name", Text, "null"),
            ("avatar_url", Text, "null"),
            ("organization", Text, "null"),
            ("created_at", Timestamp, "now"),
            ("updated_at", Timestamp, "now"),
        ],
        required: &["id", "email"],
        unique: &[&["email"]],
        parents: &[],
        owner: Some("id"),
    },
    Facts {
        name: "workflows",
        columns: &[
            ("id", Uuid, "null"),
            ("user_id", Uuid, "null"),
            ("name", Text, "null"),
            ("description", Text, "null"),
            ("is_public", Bool, "false"),
            ("created_at", Timestamp, "now"),
            ("updated_at", Timestamp, "now"),
            ("archived_at", Timestamp, "null"),
        ],
        required: &["id", "user_id", "name"],
        unique: &[&["user_id", "name"]],
        parents: &[],
        owner: Some("user_id"),
    },
    Facts {
        name: "workflow_nodes",
        columns: &[
            ("id", Uuid, "null"),
            ("workflow_id", Uuid, "null"),
            ("node_type", Text, "null"),
            ("node_id", Text, "null"),
            ("label", Text, "null"),
            ("position_x", Number, "0"),
            ("position_y", Number, "0"),
            ("config", Json, "{}"),
            ("created_at", Timestamp, "now"),
            ("updated_at", Timestamp, "now"),
        ],
        required: &["id", "workflow_id", "node_type", "node_id"],
        unique: &[&["workflow_id", "node_id"]],
        parents: &[("workflow_id", "workflows")],
        owner: None,
    },
    Facts {
        name: "workflow_connections",
        columns: &[
            ("id", Uuid, "null"),
            ("workflow_id", Uuid, "null"),
            ("source_node_id", Text, "null"),
            ("target_node_id", Text, "null"),
            ("connection_id", Text, "null"),
            ("created_at", Timestamp, "now"),
        ],
        required: &["id", "workflow_id", "source_node_id", "target_node_id", "connection_id"],
        unique: &[&["workflow_id", "connection_id"], &["workflow_id", "source_node_id", "target_node_id"]],
        parents: &[("workflow_id", "workflows")],
        owner: None,
    },
    Facts {
        name: "workflow_executions",
        columns: &[
            ("id", Uuid, "null"),
            ("workflow_id", Uuid, "null"),
            ("user_id", Uuid, "null"),
            ("status", Text, "\"running\""),
            ("error_message", Text, "null"),
            ("started_at", Timestamp, "now"),
            ("completed_at", Timestamp, "null"),
            ("execution_time_ms", Number, "null"),
            ("node_count", Number, "null"),
            ("created_at", Timestamp, "now"),
        ],
        required: &["id", "workflow_id", "user_id", "status"],
        unique: &[],
        parents: &[("workflow_id", "workflows")],
        owner: Some("user_id"),
    },
    Facts {
        name: "execution_node_results",
        columns: &[
            ("id", Uuid, "null"),
            ("execution_id", Uuid, "null"),
            ("node_id", Text, "null"),
            ("node_type", Text, "null"),
            ("status", Text, "\"running\""),
            ("input_data", Json, "null"),
            ("output_data", Json, "null"),
            ("error_message", Text, "null"),
            ("execution_time_ms", Number, "null"),
            ("api_call_count", Number, "0"),
            ("started_at", Timestamp, "now"),
            ("completed_at", Timestamp, "null"),
            ("created_at", Timestamp, "now"),
        ],
        required: &["id", "execution_id", "node_id", "node_type", "status"],
        unique: &[],
        parents: &[("execution_id", "workflow_executions")],
        owner: None,
    },
    Facts {
        name: "api_keys",
        columns: &[
            ("id", Uuid, "null"),
            ("user_id", Uuid, "null"),
            ("service_name", Text, "null"),
            ("encrypted_key", Text, "null"),
            ("is_master_key", Bool, "false"),
            ("gateway_type", Text, "null"),
            ("gateway_endpoint", Text, "null"),
            ("last_used_at", Timestamp, "null"),
            ("is_active", Bool, "true"),
            ("created_at", Timestamp, "now"),
            ("updated_at", Timestamp, "now"),
        ],
        required: &["id", "user_id", "service_name", "encrypted_key"],
        unique: &[&["user_id", "service_name"]],
        parents: &[],
        owner: Some("user_id"),
    },
    Facts {
        name: "brand_settings",
        columns: &[
            ("id", Uuid, "null"),
            ("user_id", Uuid, "null"),
            ("brand_name", Text, "null"),
            ("primary_color", Text, "null"),
            ("secondary_color", Text, "null"),
            ("accent_color", Text, "null"),
            ("logo_url", Text, "null"),
            ("font_family", Text, "\"Inter\""),
            ("font_size_base", Number, "16"),
            ("border_radius", Number, "8"),
            ("brand_voice", Text, "null"),
            ("tagline", Text, "null"),
            ("created_at", Timestamp, "now"),
            ("updated_at", Timestamp, "now"),
        ],
        required: &["id", "user_id"],
        unique: &[&["user_id"]],
        parents: &[],
        owner: Some("user_id"),
    },
    Facts {
        name: "account_settings",
        columns: &[
            ("id", Uuid, "null"),
            ("user_id", Uuid, "null"),
            ("theme", Text, "\"light\""),
            ("notifications_enabled", Bool, "true"),
            ("email_on_completion", Bool, "true"),
            ("email_on_error", Bool, "true"),
            ("timezone", Text, "\"UTC\""),
            ("language", Text, "\"en\""),
            ("created_at", Timestamp, "now"),
            ("updated_at", Timestamp, "now"),
        ],
        required: &["id", "user_id"],
        unique: &[&["user_id"]],
        parents: &[],
        owner: Some("user_id"),
    },
    Facts {
        name: "integrations",
        columns: &[
            ("id", Uuid, "null"),
            ("user_id", Uuid, "null"),
            ("service_name", Text, "null"),
            ("is_connected", Bool, "false"),
            ("encrypted_token", Text, "null"),
            ("metadata", Json, "{}"),
            ("last_verified_at", Timestamp, "null"),
            ("created_at", Timestamp, "now"),
            ("updated_at", Timestamp, "now"),
        ],
        required: &["id", "user_id", "service_name"],
        unique: &[&["user_id", "service_name"]],
        parents: &[],
        owner: Some("user_id"),
    },
    Facts {
        name: "workflow_templates",
        columns: &[
            ("id", Uuid, "null"),
            ("name", Text, "null"),
            ("description", Text, "null"),
            ("category", Text, "null"),
            ("workflow_data", Json, "null"),
            ("thumbnail_url", Text, "null"),
            ("usage_count", Number, "0"),
            ("rating", Number, "0"),
            ("created_by", Uuid, "null"),
            ("is_featured", Bool, "false"),
            ("created_at", Timestamp, "now"),
            ("updated_at", Timestamp, "now"),
        ],
        required: &["id", "name", "workflow_data"],
        unique: &[&["name"]],
        parents: &[],
        owner: Some("created_by"),
    },
    Facts {
        name: "saved_templates",
        columns: &[
            ("id", Uuid, "null"),
            ("user_id", Uuid, "null"),
            ("template_id", Uuid, "null"),
            ("created_at", Timestamp, "now"),
        ],
        required: &["id", "user_id", "template_id"],
        unique: &[&["user_id", "template_id"]],
        parents: &[("template_id", "workflow_templates")],
        owner: Some("user_id"),
    },
    Facts {
        name: "audit_logs",
        columns: &[
            ("id", Uuid, "null"),
            ("user_id", Uuid, "null"),
            ("action", Text, "null"),
            ("resource_type", Text, "null"),
            ("resource_id", Text, "null"),
            ("details", Json, "null"),
            ("ip_address", Text, "null"),
            ("user_agent", Text, "null"),
            ("created_at", Timestamp, "now"),
        ],
        required: &["id", "user_id", "action"],
        unique: &[],
        parents: &[],
        owner: Some("user_id"),
    },
    Facts {
        name: "workflow_favorites",
        columns: &[
            ("id", Uuid, "null"),
            ("user_id", Uuid, "null"),
            ("workflow_id", Uuid, "null"),
            ("created_at", Timestamp, "now"),
        ],
        required: &["id", "user_id", "workflow_id"],
        unique: &[&["user_id", "workflow_id"]],
        parents: &[("workflow_id", "workflows")],
        owner: Some("user_id"),
    },
    Facts {
        name: "workflow_members",
        columns: &[
            ("id", Uuid, "null"),
            ("workflow_id", Uuid, "null"),
            ("email", Text, "null"),
            ("user_id", Uuid, "null"),
            ("role", Text, "null"),
            ("invited_by", Uuid, "null"),
            ("created_at", Timestamp, "now"),
            ("accepted_at", Timestamp, "null"),
        ],
        required: &["id", "workflow_id", "email", "role"],
        unique: &[&["workflow_id", "email"], &["user_id", "workflow_id"]],
        parents: &[("workflow_id", "workflows")],
        owner: None,
    },
];

pub fn facts(name: &str) -> Option<&'static Facts> {
    TABLES.iter().find(|facts| facts.name == name)
}

impl Facts {
    /// The column that refers to the profile of the owner or of the member. When the profile is deleted, it is set to null
    /// if it is nullable; otherwise, and for a member, the row is deleted too.
    pub fn owner_key(&self) -> Option<&'static str> {
        let member = (self.name == "workflow_members").then_some("user_id");
        self.owner.filter(|column| *column != "id").or(member)
    }

    pub fn kind(&self, column: &str) -> Option<Type> {
        self.columns.iter().find(|(name, ..)| *name == column).map(|(_, kind, _)| *kind)
    }
}

pub fn defaults(facts: &Facts, now: &str) -> Row {
    let default = |text: &str| match text {
        "now" => json!(now),
        text => serde_json::from_str::<Value>(text).expect("a default is JSON"),
    };
    facts.columns.iter().map(|(name, _, text)| ((*name).to_owned(), default(text))).collect()
}
