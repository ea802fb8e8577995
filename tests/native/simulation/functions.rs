//! Calls of the API with random arguments.

use super::generate::{json_text, Generator};
use super::program::Step;
use crate::support::Options;
use serde_json::{json, Value};
use workflow_db::tables::table_named;

pub const READS: [&str; 30] = [
    "getWorkflows",
    "getWorkflows",
    "getWorkflowsPage",
    "getWorkflow",
    "getWorkflow",
    "getWorkflowWithRelations",
    "getWorkflowWithRelations",
    "getWorkflowNodes",
    "getWorkflowConnections",
    "getExecution",
    "getExecutionHistory",
    "getExecutionHistory",
    "getExecutionsPage",
    "getExecutionResults",
    "getApiKeys",
    "getApiKeysPublic",
    "getApiKey",
    "getBrandSettings",
    "getAccountSettings",
    "getUserProfile",
    "getIntegrations",
    "getIntegration",
    "getTemplates",
    "getTemplate",
    "getSavedTemplates",
    "getFavorites",
    "getAuditLogs",
    "getAuditLogsPage",
    "getWorkflow",
    "getWorkflowNodes",
];

pub const WRITES: [&str; 42] = [
    "createWorkflow",
    "createWorkflow",
    "createWorkflow",
    "updateWorkflow",
    "updateWorkflow",
    "updateWorkflow",
    "archiveWorkflow",
    "deleteWorkflow",
    "saveWorkflowGraph",
    "saveWorkflowGraph",
    "batchSaveWorkflows",
    "createWorkflowFromTemplate",
    "createWorkflowNode",
    "createWorkflowNode",
    "updateWorkflowNode",
    "deleteWorkflowNode",
    "createWorkflowConnection",
    "updateWorkflowConnection",
    "deleteWorkflowConnection",
    "createExecution",
    "createExecution",
    "updateExecution",
    "deleteExecution",
    "createExecutionResult",
    "updateExecutionResult",
    "deleteExecutionResult",
    "createApiKey",
    "updateApiKey",
    "deleteApiKey",
    "batchSaveApiKeys",
    "upsertBrandSettings",
    "upsertAccountSettings",
    "updateUserProfile",
    "upsertIntegration",
    "deleteIntegration",
    "createTemplate",
    "updateTemplate",
    "deleteTemplate",
    "saveTemplate",
    "unsaveTemplate",
    "addFavorite",
    "removeFavorite",
];

/// Functions of optional migrations, which most databases lack.
pub const OPTIONAL: [&str; 11] = [
    "storeApiKey",
    "revealApiKey",
    "getWorkflowMembers",
    "inviteToWorkflow",
    "updateWorkflowMember",
    "removeWorkflowMember",
    "getInvitations",
    "acceptInvitation",
    "declineInvitation",
    "leaveWorkflow",
    "getSharedWorkflows",
];

/// The functions for members.
pub const MEMBERS: &[&str] = OPTIONAL.split_at(2).1;

impl Generator {
    pub fn call(&self, tab: usize, names: &[&'static str]) -> Step {
        let random = &self.random;
        let name = *random.pick(names);
        let mut options = Options::default();
        match random.below(12) {
            0 => options.fresh = true,
            1 => options.ttl_ms = Some((random.fraction() * 5_000.0).round()),
            2 => options.timeout_ms = Some(250.0),
            _ => {}
        }
        if self.setting.shares_users {
            options.ttl_ms = None;
        }
        Step::Call { tab, name, arguments: json_text(&self.arguments(name)), options }
    }

    fn query(&self, page: bool, words: &[(&str, &[&str])]) -> Value {
        let random = &self.random;
        let mut query = json!({"userId": self.parent("user_id")});
        for (name, values) in words {
            if random.chance(0.4) {
                query[*name] = json!(random.pick::<&str>(values));
            }
        }
        if page {
            query["pageSize"] = json!(1 + random.below(4));
        } else if random.chance(0.5) {
            query["limit"] = json!(1 + random.below(4));
            query["offset"] = json!(random.below(3));
        }
        query
    }

    #[allow(clippy::too_many_lines, reason = "one line for each function of the API")]
    fn arguments(&self, name: &str) -> Value {
        let random = &self.random;
        let of = |name: &str| table_named(name).expect("a table");
        let me = self.parent("user_id");
        let [workflow, execution, template] =
            ["workflows", "workflow_executions", "workflow_templates"].map(|table| self.reference(table));
        let service = format!("s{}", random.below(3));
        let orders: [(&str, &[&str]); 2] =
            [("sortBy", &["created_at", "updated_at", "name"]), ("sortOrder", &["asc", "desc"])];
        let executions: [(&str, &[&str]); 2] =
            [("status", &["running", "completed"]), ("startDate", &["2024-05-01"])];
        let audits: [(&str, &[&str]); 2] =
            [("resourceType", &["workflow", "api_key"]), ("action", &["workflow_created"])];
        match name {
            "getWorkflows" => match random.below(3) {
                0 => json!([me]),
                1 => json!([me, true]),
                _ => json!([self.query(false, &orders)]),
            },
            "getWorkflowsPage" => json!([self.query(true, &orders)]),
            "getWorkflow"
            | "getWorkflowWithRelations"
            | "getWorkflowNodes"
            | "getWorkflowConnections"
            | "archiveWorkflow"
            | "deleteWorkflow" => json!([workflow]),
            "createWorkflow" => {
                let mut row = self.new_row(of("workflows"));
                row["user_id"] = json!(me);
                json!([me, row])
            }
            "updateWorkflow" => {
                let mut arguments = json!([workflow, self.patch(of("workflows"))]);
                if random.chance(0.3) {
                    arguments.as_array_mut().expect("a list").push(json!({"ifUpdatedAt": "$version"}));
                }
                arguments
            }
            "saveWorkflowGraph" => {
                let graph = self.graph(true);
                let has_base = graph["nodes"].as_array().is_some_and(|nodes| nodes.len() % 2 == 0);
                let mut arguments = json!([workflow, graph]);
                let list = arguments.as_array_mut().expect("a list");
                if random.chance(0.3) {
                    list.push(json!({"ifUpdatedAt": "$version"}));
                } else if has_base {
                    list.push(json!({"base": "$base"}));
                }
                arguments
            }
            "batchSaveWorkflows" => {
                let one = |place: usize| {
                    let mut row = self.new_row(of("workflows"));
                    let graph = self.graph(false);
                    row["nodes"] = graph["nodes"].clone();
                    row["connections"] = graph["connections"].clone();
                    if random.chance(0.4) {
                        row["id"] = json!(format!("$workflows:{}", random.below(12)));
                    }
                    if place > 0 {
                        row.as_object_mut().expect("a row").remove("description");
                    }
                    row
                };
                let rows: Vec<Value> = (0..=random.below(2)).map(one).collect();
                json!([{"workflows": rows, "overwrite": random.chance(0.5)}])
            }
            "createWorkflowFromTemplate" if random.chance(0.5) => json!([me, template, "n1"]),
            "createWorkflowFromTemplate" | "saveTemplate" | "unsaveTemplate" => json!([me, template]),
            "createWorkflowNode" => json!([self.new_row(of("workflow_nodes"))]),
            "updateWorkflowNode" => {
                json!([self.reference("workflow_nodes"), self.patch(of("workflow_nodes"))])
            }
            "deleteWorkflowNode" => json!([self.reference("workflow_nodes")]),
            "createWorkflowConnection" => json!([self.new_row(of("workflow_connections"))]),
            "updateWorkflowConnection" => {
                json!([self.reference("workflow_connections"), self.patch(of("workflow_connections"))])
            }
            "deleteWorkflowConnection" => json!([workflow, format!("t{}", random.below(4))]),
            "createExecution" => json!([self.new_row(of("workflow_executions"))]),
            "getExecution" | "deleteExecution" | "getExecutionResults" => json!([execution]),
            "updateExecution" => json!([execution, self.patch(of("workflow_executions"))]),
            "getExecutionHistory" => match random.below(2) {
                0 => json!([workflow, 1 + random.below(4), random.below(3)]),
                _ => json!([self.query(false, &executions)]),
            },
            "getExecutionsPage" => json!([self.query(true, &executions)]),
            "createExecutionResult" => json!([self.new_row(of("execution_node_results"))]),
            "updateExecutionResult" => {
                json!([self.reference("execution_node_results"), self.patch(of("execution_node_results"))])
            }
            "deleteExecutionResult" => json!([self.reference("execution_node_results")]),
            "getApiKey" | "getIntegration" | "deleteIntegration" => json!([me, service]),
            "createApiKey" => json!([self.new_row(of("api_keys"))]),
            "updateApiKey" => json!([self.reference("api_keys"), self.patch(of("api_keys"))]),
            "deleteApiKey" => json!([self.reference("api_keys"), me]),
            "batchSaveApiKeys" => {
                let mut row = self.new_row(of("api_keys"));
                if random.chance(0.4) {
                    row["id"] = json!(format!("$api_keys:{}", random.below(12)));
                }
                json!([{"keys": [row], "overwrite": random.chance(0.5)}])
            }
            "storeApiKey" => json!([me, service, "secret"]),
            "revealApiKey" => json!([self.reference("api_keys")]),
            "upsertBrandSettings" => json!([me, self.patch(of("brand_settings"))]),
            "upsertAccountSettings" => json!([me, self.patch(of("account_settings"))]),
            "updateUserProfile" => json!([me, self.patch(of("user_profiles"))]),
            "upsertIntegration" => {
                let mut patch = self.patch(of("integrations"));
                patch.as_object_mut().expect("a patch").remove("service_name");
                json!([me, service, patch])
            }
            "getTemplates" => match random.below(3) {
                0 => json!([{"category": format!("t{}", random.below(4))}]),
                1 => json!([{"featured": false}]),
                _ => json!([]),
            },
            "getTemplate" | "deleteTemplate" => json!([template]),
            "createTemplate" => json!([self.new_row(of("workflow_templates"))]),
            "updateTemplate" => json!([template, self.patch(of("workflow_templates"))]),
            "addFavorite" | "removeFavorite" => json!([me, workflow]),
            "getAuditLogs" => match random.below(2) {
                0 => json!([me, 1 + random.below(5), random.below(3)]),
                _ => json!([self.query(false, &audits)]),
            },
            "getAuditLogsPage" => json!([self.query(true, &audits)]),
            name if MEMBERS.contains(&name) => self.member_arguments(name),
            // All rows of a user.
            _ => json!([me]),
        }
    }
}
