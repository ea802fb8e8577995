//! One tab: which users sign in there, what they know, and what they do at random.

use super::text;
use crate::support::random::{uuid_of, Random};
use crate::support::tokens::Answer;
use crate::support::{Client, Options, Pending, World};
use serde_json::{json, Value};
use std::collections::HashMap;
use workflow_db::api::{operation, Call, Operation};

/// A call under way or done.
pub struct Made {
    pub pending: Pending,
    pub name: &'static str,
    /// What only the row made by this call holds.
    pub marker: Option<String>,
}

pub struct Tab {
    pub client: Client,
    users: [String; 2],
    pub made: Vec<Made>,
    /// Ids by table; of both users, so that each asks for the other's rows too.
    known: HashMap<&'static str, Vec<String>>,
    /// The call that answers a cache key.
    pub questions: HashMap<String, (&'static str, Value)>,
    markers: usize,
}

impl Tab {
    pub fn new(world: &World, number: usize) -> Self {
        let users = [format!("user {number} a"), format!("user {number} b")];
        world.signed_in(&users[1]);
        let client = world.signed_in(&users[0]);
        client.configure(|settings| settings.cache.max_size = 40);
        Self { client, users, made: Vec::new(), known: HashMap::new(), questions: HashMap::new(), markers: 0 }
    }

    pub fn step(&mut self, world: &World, random: &Random) {
        match random.below(100) {
            0..45 => self.read(random),
            45..70 => self.write(random),
            70..74 => self.invalidate(random),
            74..77 => self.meet_user(world, random),
            77..80 => self.trouble_provider(random),
            80..84 => {
                if !self.made.is_empty() {
                    random.pick(&self.made).pending.abort();
                }
            }
            84 => self.jump_clock(random),
            85 => {
                let stale_ms = random.chance(0.5).then_some(1_000.0);
                self.client.configure(|settings| settings.cache.stale_ms = stale_ms);
            }
            86 => self.client.engine.clocks_changed(),
            87 => world.pass(random.fraction() * 20_000.0),
            88 if random.chance(0.3) => self.client.restart(),
            _ => world.pass(random.fraction() * 60.0),
        }
        self.learn();
    }

    fn id(&self, table: &str, random: &Random) -> String {
        match self.known.get(table) {
            Some(ids) if !random.chance(0.05) => random.pick(ids).clone(),
            _ => uuid_of("nothing"),
        }
    }

    fn user(&self, random: &Random) -> String {
        let other = usize::from(random.chance(0.1));
        match self.client.tokens().user() {
            Some(user) if other == 0 => user,
            _ => uuid_of(random.pick::<String>(&self.users)),
        }
    }

    fn read(&mut self, random: &Random) {
        let (name, arguments) = self.question(random);
        let options = match random.below(10) {
            0 => Some(Options { fresh: true, ..Options::default() }),
            1 => Some(Options { ttl_ms: Some(random.fraction() * 5_000.0), ..Options::default() }),
            2 => Some(Options { timeout_ms: Some(250.0), ..Options::default() }),
            _ => None,
        };
        let call = Call {
            arguments: arguments
                .as_array()
                .expect("a list")
                .iter()
                .map(crate::support::client::argument)
                .collect(),
            uuid: &|| unreachable!("reads need none"),
            base_url_length: 40,
        };
        match operation(name, &call) {
            Ok(Operation::Read(read)) => self.questions.insert(read.key, (name, arguments.clone())),
            _ => unreachable!("reads are valid"),
        };
        let pending = match options {
            None => self.client.call(name, arguments),
            Some(options) => self.client.call_with(options, name, arguments),
        };
        self.made.push(Made { pending, name, marker: None });
    }

    fn question(&self, random: &Random) -> (&'static str, Value) {
        let (workflow, execution) = (self.id("workflows", random), self.id("workflow_executions", random));
        let user = self.user(random);
        match random.below(13) {
            0..3 => ("getWorkflow", json!([workflow])),
            3 => ("getWorkflowWithRelations", json!([workflow])),
            4 => ("getWorkflowNodes", json!([workflow])),
            5 => ("getWorkflowConnections", json!([workflow])),
            6 => ("getWorkflows", json!([user])),
            7 => ("getWorkflows", json!([user, true])),
            8 => {
                let sort_by = *random.pick(&["created_at", "updated_at", "name"]);
                let order = *random.pick(&["asc", "desc"]);
                let mut query = json!({"userId": user, "sortBy": sort_by, "sortOrder": order});
                if random.chance(0.5) {
                    query["limit"] = json!(1 + random.below(4));
                    query["offset"] = json!(random.below(3));
                }
                ("getWorkflows", json!([query]))
            }
            9 => ("getExecution", json!([execution])),
            10 => ("getExecutionResults", json!([execution])),
            11 => ("getExecutionHistory", json!([workflow, 1 + random.below(4), random.below(3)])),
            _ => {
                let status = *random.pick(&["running", "completed"]);
                (
                    "getExecutionHistory",
                    json!([{"userId": user, "status": status, "startDate": "2024-05-01"}]),
                )
            }
        }
    }

    fn write(&mut self, random: &Random) {
        self.markers += 1;
        let marker = format!("{} {}", self.users[0], self.markers);
        let (workflow, execution) = (self.id("workflows", random), self.id("workflow_executions", random));
        let result = self.id("execution_node_results", random);
        let (node, connection) = (self.id("workflow_nodes", random), format!("c{}", random.below(3)));
        let user = self.user(random);
        let name = if random.chance(0.1) { "taken".to_owned() } else { marker.clone() };
        let (name, arguments, marks) = match random.below(16) {
            0..3 => ("createWorkflow", json!([user, {"name": name, "description": marker}]), true),
            3 => ("updateWorkflow", json!([workflow, {"name": name}]), false),
            4 => ("updateWorkflow", json!([workflow, {"archived_at": null, "is_public": false}]), false),
            5 => ("archiveWorkflow", json!([workflow]), false),
            6 => ("deleteWorkflow", json!([workflow]), false),
            7 => {
                let new =
                    json!({"workflow_id": workflow, "node_type": "t", "node_id": name, "label": marker});
                ("createWorkflowNode", json!([new]), true)
            }
            8 if random.chance(0.5) => ("deleteWorkflowNode", json!([node]), false),
            8 => ("updateWorkflowNode", json!([node, {"position_x": random.fraction()}]), false),
            9 => {
                let new = json!({
                    "workflow_id": workflow, "source_node_id": marker, "target_node_id": "t",
                    "connection_id": connection,
                });
                ("createWorkflowConnection", json!([new]), false)
            }
            10 => ("deleteWorkflowConnection", json!([workflow, connection]), false),
            11 => {
                let new = json!({"workflow_id": workflow, "user_id": user, "error_message": marker});
                ("createExecution", json!([new]), true)
            }
            14 if random.chance(0.5) => ("deleteExecutionResult", json!([result]), false),
            14 => ("updateExecutionResult", json!([result, {"status": "failed"}]), false),
            15 => (
                "updateWorkflowConnection",
                json!([self.id("workflow_connections", random), {"target_node_id": name}]),
                false,
            ),
            12 if random.chance(0.3) => ("deleteExecution", json!([execution]), false),
            12 => ("updateExecution", json!([execution, {"status": "completed"}]), false),
            _ => {
                let new = json!({
                    "execution_id": execution, "node_id": "n", "node_type": "t", "error_message": marker,
                });
                ("createExecutionResult", json!([new]), true)
            }
        };
        let pending = self.client.call(name, arguments);
        self.made.push(Made { pending, name, marker: marks.then_some(marker) });
    }

    fn invalidate(&self, random: &Random) {
        let keys = self.client.keys();
        if random.chance(0.2) || keys.is_empty() {
            self.client.engine.invalidate_where(&|key| key.starts_with("workflow"));
        } else {
            self.client.engine.invalidate(random.pick::<String>(&keys));
        }
    }

    fn meet_user(&self, world: &World, random: &Random) {
        match random.below(5) {
            0 => self.client.switch_to(None),
            1 => {
                // The token runs out; the provider has another one.
                if let Some(token) = self.client.tokens().current() {
                    world.server().expire(&token);
                    self.client.tokens().renew();
                }
            }
            2 => self.client.engine.auth_changed(),
            _ => self.client.switch_to(Some(random.pick::<String>(&self.users))),
        }
    }

    fn trouble_provider(&self, random: &Random) {
        let answer = match random.below(8) {
            0 => Answer::Throws,
            1 => Answer::Hangs,
            _ => Answer::After(random.fraction() * 300.0),
        };
        self.client.tokens().next(answer);
    }

    fn jump_clock(&self, random: &Random) {
        let sim = self.client.sim();
        if random.chance(0.3) {
            // The machine slept: the wall clock went on alone.
            let slept_ms = random.fraction() * 400_000.0;
            sim.wall_skew_ms.set(sim.wall_skew_ms.get() + slept_ms);
        } else {
            sim.wall_skew_ms.set((random.fraction() - 0.5) * 600_000.0);
        }
    }

    /// Remembers the ids of the rows that were made, once their calls are over: nobody deletes what is still under way.
    fn learn(&mut self) {
        for made in self.made.iter().filter(|made| made.pending.is_done()) {
            let table = match made.name {
                "createWorkflow" => "workflows",
                "createWorkflowNode" => "workflow_nodes",
                "createWorkflowConnection" => "workflow_connections",
                "createExecution" => "workflow_executions",
                "createExecutionResult" => "execution_node_results",
                _ => continue,
            };
            if let Ok(row) = made.pending.outcome() {
                let ids = self.known.entry(table).or_default();
                let id = text(&row.to_value(), "id");
                if !ids.contains(&id) {
                    ids.push(id);
                }
                // The later ones, so that many calls meet the same rows.
                if ids.len() > 8 {
                    ids.remove(0);
                }
            }
        }
    }
}
