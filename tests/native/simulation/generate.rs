//! A program from a seed. What is written is made from the crate's own list of tables and columns.

use super::program::{CacheCall, Configured, Foreign, Planted, Program, Setting, Step, Text, Trouble};
use crate::support::network::Fault;
use crate::support::random::{uuid_of, Random};
use crate::support::tokens::Answer;
use crate::support::Options;
use serde_json::{json, Map, Value};
use std::borrow::Cow;
use workflow_db::tables::{table_named, Column, Kind, Presence, Table, TABLES};

/// Steps between two rests.
const ROUND: usize = 150;

/// What a reading of a scope may be refused with once.
const REFUSALS: [Fault; 3] =
    [Fault::Gateway(403, None), Fault::Refused(404, "PGRST205"), Fault::Refused(403, "42501")];

/// The text column in which a new row carries its mark.
const MARKED: [(&str, &str); 6] = [
    ("workflows", "description"),
    ("workflow_nodes", "label"),
    ("workflow_executions", "error_message"),
    ("execution_node_results", "error_message"),
    ("api_keys", "encrypted_key"),
    ("workflow_templates", "description"),
];

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

/// Functions of a database that most projects do not have.
pub const OPTIONAL: [&str; 2] = ["storeApiKey", "revealApiKey"];

pub fn program(seed: u64, length: usize, planted: Option<Planted>) -> Program {
    let random = Random::new(seed ^ 0x5eed);
    let setting = Setting {
        tabs: 2 + random.below(3),
        shares_users: random.chance(0.5),
        max_rows: *random.pick(&[2, 3, 7, 1_000]),
        planted,
    };
    let mut generator = Generator { random, setting };
    let mut steps = generator.opening();
    while steps.len() < length {
        let rate = *generator.random.pick(&[0.0, 0.01, 0.1, 0.3]);
        steps.push(Step::Faults { rate });
        for _ in 0..ROUND {
            steps.push(generator.step());
        }
        steps.push(Step::Rest);
    }
    let lucky = steps.into_iter().map(|step| (generator.random.bits() >> 32, step));
    let steps = lucky.collect();
    Program { setting: generator.setting, steps }
}

struct Generator {
    random: Random,
    setting: Setting,
}

fn json_text(value: &Value) -> Text {
    Text(Cow::Owned(value.to_string()))
}

impl Generator {
    fn opening(&mut self) -> Vec<Step> {
        let ttl = if self.setting.shares_users { 10_000_000.0 } else { 300_000.0 };
        let mut steps: Vec<Step> =
            (0..self.setting.tabs).map(|tab| Step::Configure { tab, what: Configured::Ttl(ttl) }).collect();
        steps.push(Step::Configure { tab: 0, what: Configured::MaxSize(40) });
        if self.random.chance(0.5) {
            steps.push(Step::Configure { tab: 1, what: Configured::MaxChannels(3) });
        }
        steps
    }

    fn step(&mut self) -> Step {
        let tab = self.random.below(self.setting.tabs);
        match self.random.below(100) {
            0..32 => self.call(tab, &READS),
            32..56 => self.call(tab, &WRITES),
            56 if self.random.chance(0.2) => self.call(tab, &OPTIONAL),
            56..58 => Step::Turn { tab, is_back: self.random.chance(0.3) },
            58..60 => Step::Abort { tab, which: self.random.below(8) },
            60..63 => self.follow(tab),
            63 => Step::Unfollow { tab, which: self.random.below(8) },
            64..67 => Step::Cache { tab, act: self.cache_call() },
            67 => Step::Configure { tab, what: self.configured() },
            68..73 => self.user(tab),
            73 => self.clocks(tab),
            74 => Step::Cut { tab, is_cut: self.random.chance(0.3) },
            75 => self.trouble(),
            76..83 if self.setting.shares_users => self.commit(),
            83 => Step::Pass { ms: (self.random.fraction() * 20_000.0).round() },
            _ => Step::Pass { ms: (self.random.fraction() * 120.0).round() },
        }
    }

    fn user(&self, tab: usize) -> Step {
        let random = &self.random;
        match random.below(12) {
            0 => Step::SignIn { tab, user: None },
            1..4 => Step::SignIn { tab, user: Some(random.below(2)) },
            4 | 5 => Step::Expire { tab },
            6 => Step::Check { tab },
            7 => Step::Renew { tab },
            8 if random.chance(0.5) => Step::Restart { tab },
            8 if random.chance(0.3) => Step::Close { tab },
            8 | 9 => Step::Provider { tab, answer: Answer::Throws },
            10 => Step::Provider { tab, answer: Answer::Hangs },
            _ => Step::Provider { tab, answer: Answer::After((random.fraction() * 300.0).round()) },
        }
    }

    fn clocks(&self, tab: usize) -> Step {
        match self.random.below(4) {
            0 => Step::Clock { tab, by_ms: ((self.random.fraction() - 0.5) * 600_000.0).round() },
            1 => Step::ClocksChanged { tab },
            2 => Step::Hide { tab, is_hidden: self.random.chance(0.5) },
            _ => Step::Show { tab },
        }
    }

    fn trouble(&self) -> Step {
        let random = &self.random;
        let trouble = match random.below(9) {
            0 => Trouble::Silence,
            1 => Trouble::Restart,
            2 => Trouble::Down(random.chance(0.3)),
            3 => Trouble::Deaf(random.chance(0.5)),
            4 => Trouble::Duplicates(random.chance(0.5)),
            5 => Trouble::Refuses(random.chance(0.5).then_some(403)),
            6 => Trouble::RefusesJoins(random.chance(0.5).then_some("Invalid JWT Token")),
            7 => {
                let readings =
                    ["GET workflows?", "GET workflow_nodes?", "GET workflow_executions?", "GET audit_logs?"];
                return Step::Once {
                    request: random.pick::<&str>(&readings),
                    fault: *random.pick(&REFUSALS),
                };
            }
            _ => {
                let lost = [Fault::LostAfter, Fault::LostBefore, Fault::Duplicate, Fault::HangAfter];
                let request = *random.pick(&["POST", "PATCH", "DELETE", "POST rpc/"]);
                return Step::Once { request, fault: *random.pick(&lost) };
            }
        };
        Step::Realtime { trouble }
    }

    fn cache_call(&self) -> CacheCall {
        match self.random.below(9) {
            0..4 => CacheCall::Invalidate(self.random.below(20)),
            4 => CacheCall::InvalidatePattern(self.random.pick::<&str>(&["workflow", "exec", "api_key"])),
            5 if self.random.chance(0.3) => CacheCall::Clear,
            6 => CacheCall::Set(self.random.pick::<&str>(&["app:a", "app:b"])),
            _ => CacheCall::Get(self.random.below(20)),
        }
    }

    fn configured(&self) -> Configured {
        let random = &self.random;
        match random.below(8) {
            0 | 1 => Configured::StaleMs(random.chance(0.5).then_some(1_000.0)),
            2 => Configured::MaxSize(*random.pick(&[1, 5, 40, 1_000])),
            3 => Configured::Attempts(*random.pick(&[1, 2, 3, 5])),
            4 => Configured::TimeoutMs(*random.pick(&[250.0, 15_000.0])),
            5 => Configured::MaxChannels(*random.pick(&[1, 3, 50])),
            6 => Configured::UnfilteredDeletes(random.chance(0.5)),
            // Where others write, an entry must outlive the rest to be compared.
            _ if self.setting.shares_users => Configured::Ttl(10_000_000.0),
            _ => Configured::Ttl(*random.pick(&[1_000.0, 60_000.0, 300_000.0])),
        }
    }

    fn follow(&self, tab: usize) -> Step {
        let random = &self.random;
        let table = *random.pick(TABLES);
        let column = *random.pick(table.scopes);
        let scope = match column {
            "id" if table.name == "user_profiles" => "$me".to_owned(),
            "id" => self.reference(table.name),
            column => self.parent(column),
        };
        let is_open = table.name == "workflow_templates" && random.chance(0.7);
        let filter = match table.name {
            "workflow_executions" if random.chance(0.2) => Some("status=eq.running"),
            "audit_logs" if random.chance(0.2) => Some("resource_type=eq.workflow"),
            "workflow_nodes" if random.chance(0.1) => Some("node_type=in.(t0,t1)"),
            _ => None,
        };
        Step::Follow { tab, table: table.name, scope: (!is_open).then_some(Text(Cow::Owned(scope))), filter }
    }

    fn commit(&self) -> Step {
        let random = &self.random;
        let table = *random.pick(&TABLES[..TABLES.len()]);
        let which = random.below(12);
        let change = match random.below(10) {
            _ if matches!(table.name, "audit_logs" | "user_profiles") => {
                Foreign::Change(which, json_text(&json!({"organization": "other"})))
            }
            0..5 => Foreign::Insert(json_text(&self.new_row(table))),
            5..8 => Foreign::Change(which, json_text(&self.patch(table))),
            _ => Foreign::Remove(which),
        };
        let table = if table.name == "audit_logs" { "user_profiles" } else { table.name };
        Step::Commit { user: random.below(2), table, change }
    }

    fn call(&self, tab: usize, names: &[&'static str]) -> Step {
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

    /// One of the rows of a table, mostly of one's own.
    fn reference(&self, table: &str) -> String {
        match self.random.below(20) {
            0 => uuid_of(table),
            1 | 2 => format!("$*{table}:{}", self.random.below(12)),
            _ => format!("${table}:{}", self.random.below(12)),
        }
    }

    fn parent(&self, column: &str) -> String {
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

    fn new_row(&self, table: &Table) -> Value {
        let mut row = Map::new();
        for column in table.columns {
            let is_written = column.presence == Presence::Required || self.random.chance(0.15);
            let is_kept = matches!(column.name, "id" | "created_at" | "updated_at")
                || (column.name == "is_public" && !self.setting.shares_users);
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

    fn patch(&self, table: &Table) -> Value {
        let is_changed = |column: &&Column| match column.name {
            "id" | "created_at" | "updated_at" | "email" | "workflow_data" | "user_id" => false,
            "workflow_id" | "execution_id" | "created_by" => self.random.chance(0.1),
            "is_public" => self.setting.shares_users,
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

    /// Nodes and connections; of a whole workflow, each row says whose it is.
    fn graph(&self, is_marked: bool) -> Value {
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
                let mut arguments = json!([workflow, self.graph(true)]);
                if random.chance(0.3) {
                    arguments.as_array_mut().expect("a list").push(json!({"ifUpdatedAt": "$version"}));
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
            // All rows of a user.
            _ => json!([me]),
        }
    }
}
