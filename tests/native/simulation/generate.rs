//! Generates a program from a seed. Written values come from the crate's own list of tables and columns.

use super::functions::{OPTIONAL, READS, WRITES};
use super::program::{CacheCall, Configured, Foreign, Planted, Program, Setting, Step, Text, Trouble};
use crate::support::network::Fault;
use crate::support::random::Random;
use crate::support::tokens::Answer;
use serde_json::{json, Value};
use std::borrow::Cow;
use workflow_db::tables::TABLES;

/// The number of steps between two rests.
const ROUND: usize = 150;

/// The errors with which one read of a scope may fail.
const REFUSALS: [Fault; 3] =
    [Fault::Gateway(403, None), Fault::Refused(404, "PGRST205"), Fault::Refused(403, "42501")];

pub fn program(seed: u64, length: usize, planted: Option<Planted>) -> Program {
    let random = Random::new(seed ^ 0x5eed);
    let (tabs, shares_users) = (2 + random.below(3), random.chance(0.5));
    let shares_workflows = shares_users && seed % 2 == 0;
    let max_rows = *random.pick(&[2, 3, 7, 1_000]);
    let setting = Setting { tabs, shares_users, shares_workflows, max_rows, planted };
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

pub struct Generator {
    pub random: Random,
    pub setting: Setting,
}

pub fn json_text(value: &Value) -> Text {
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
        if self.setting.shares_workflows && self.random.chance(0.15) {
            return self.sharing(tab);
        }
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
            // If others write too, entries must outlive the rest so that they can be compared.
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
        let table = *random.pick(TABLES);
        let (which, user) = (random.below(12), random.below(2));
        if table.name == "workflow_members" {
            return self.commit_of_members();
        }
        let change = match random.below(10) {
            // Deletes the account; the same user returns later.
            0 if table.name == "user_profiles" => Foreign::Remove(which),
            1..4 if table.name == "user_profiles" => {
                Foreign::Insert(json_text(&json!({"id": format!("$user:{user}"), "email": "$mark"})))
            }
            _ if matches!(table.name, "audit_logs" | "user_profiles") => {
                Foreign::Change(which, json_text(&json!({"organization": "other"})))
            }
            0..5 => Foreign::Insert(json_text(&self.new_row(table))),
            5..8 => Foreign::Change(which, json_text(&self.patch(table))),
            _ => Foreign::Remove(which),
        };
        let table = if table.name == "audit_logs" { "user_profiles" } else { table.name };
        Step::Commit { user, table, change }
    }
}
