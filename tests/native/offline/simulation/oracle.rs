//! What has become of each operation of the programs, and what must be true of that.

use super::server::{Name, Server};
use crate::offline::stored::{row_of, text};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// Its write waits in the outbox.
    Queued,
    Done,
    /// It never had to be sent: its row was not created, or its row is deleted by a later one.
    Needless,
    Discarded,
}

/// One write of an application, as it was made.
pub struct Operation {
    scope: String,
    plan: Value,
    pub fate: Fate,
    record: String,
    was_sent: bool,
}

/// All operations that became durable, by number.
#[derive(Default)]
pub struct Oracle {
    pub operations: BTreeMap<u64, Operation>,
    /// The workflow that a row belongs to, as its last write says.
    parents: BTreeMap<String, String>,
}

fn body_of(plan: &Value) -> Map<String, Value> {
    serde_json::from_str(text(&plan["body"])).unwrap_or_default()
}

fn is(plan: &Value, action: &str) -> bool {
    plan["action"] == action
}

fn creates(plan: &Value) -> bool {
    !is(plan, "update") && !is(plan, "delete")
}

fn is_same_row(one: &Value, other: &Value) -> bool {
    one["key"] == other["key"] && one["table"] == other["table"]
}

fn refers(plan: &Value, other: &Value) -> bool {
    let is_it = |reference: &Value| {
        text(reference)
            .strip_prefix(text(&other["table"]))
            .is_some_and(|key| key.trim_start() == other["key"])
    };
    plan["refs"].as_array().is_some_and(|refs| refs.iter().any(is_it))
}

/// Whether a later write cannot be made without the earlier one.
pub fn depends(later: &Value, earlier: &Value) -> bool {
    is_same_row(later, earlier) || (creates(earlier) && refers(later, earlier))
}

impl Oracle {
    /// The step that queued operation `number` was stored.
    pub fn queued(&mut self, number: u64, scope: &str, plan: &Value, step: &Value) {
        let row = row_of(plan);
        if let Some(parent) = body_of(plan).get("workflow_id") {
            self.parents.insert(row, format!("workflows {}", text(parent)));
        }
        let record = text(&step["result"]["id"]).to_owned();
        let fate = if step["result"].is_null() { Fate::Needless } else { Fate::Queued };
        let operation =
            Operation { scope: scope.to_owned(), plan: plan.clone(), fate, record, was_sent: false };
        self.operations.insert(number, operation);
        let deleted: BTreeSet<_> = step["deletes"].as_array().unwrap().iter().map(text).collect();
        let needless: Vec<u64> =
            self.queued_in(scope).filter(|(_, one)| deleted.contains(&*one.record)).map(|(n, _)| n).collect();
        for gone in &needless {
            let operation = &self.operations[gone];
            assert!(!operation.was_sent, "operation {gone} was sent, and is left out");
            assert!(is(plan, "delete"), "operation {gone} is left out without a deletion");
            assert!(
                is_same_row(&operation.plan, plan) || fate == Fate::Needless,
                "operation {gone} is left out for another row"
            );
        }
        if fate == Fate::Needless {
            self.check_unborn(number, &needless);
        }
        for gone in needless {
            self.operations.get_mut(&gone).unwrap().fate = Fate::Needless;
        }
    }

    /// Each row whose writes are left out is created by one of them, and nothing that stays needs it.
    fn check_unborn(&self, deletion: u64, needless: &[u64]) {
        let plans = needless.iter().map(|number| &self.operations[number].plan);
        let born: Vec<_> = plans.filter(|plan| creates(plan)).collect();
        for number in needless.iter().chain([&deletion]) {
            let plan = &self.operations[number].plan;
            let is_born = born.iter().any(|birth| is_same_row(birth, plan));
            assert!(is_born, "operation {number} is left out, but its row may exist");
        }
        let scope = &self.operations[&deletion].scope;
        for (number, kept) in self.queued_in(scope).filter(|(number, _)| !needless.contains(number)) {
            let needs = born.iter().any(|birth| refers(&kept.plan, birth));
            assert!(!needs, "operation {number} needs a row that is left out");
        }
    }

    /// A record is sent: it must be what its operations come to, and overtake nothing that matters.
    pub fn sent(&mut self, scope: &str, sent: &Value, records: &[Value]) {
        let id = text(&sent["id"]);
        let own: Vec<u64> =
            self.queued_in(scope).filter(|(_, one)| one.record == id).map(|(number, _)| number).collect();
        assert!(!own.is_empty(), "{id} holds no operation of {scope}");
        let state = |record: &str| {
            let found = records.iter().find(|one| one["id"] == record).expect("a record");
            text(&found["state"]).to_owned()
        };
        let mut body = Map::new();
        for number in &own {
            let mut plan = self.operations[number].plan.clone();
            // What an earlier operation of this record spells alike does not move.
            let moved: Map<_, _> =
                body_of(&plan).into_iter().filter(|(name, value)| body.get(name) != Some(value)).collect();
            let stays = moved.is_empty() && *number != own[0];
            body.extend(moved.clone());
            plan["body"] = Value::from(Value::Object(moved).to_string());
            for (earlier, other) in self.queued_in(scope).filter(|(earlier, _)| earlier < number) {
                if other.record == id || stays {
                    continue;
                }
                let is_stuck = matches!(&*state(&other.record), "failed" | "blocked");
                let is_overtaken =
                    if is_stuck { depends(&plan, &other.plan) } else { self.conflict(&plan, &other.plan) };
                assert!(!is_overtaken, "operation {number} overtakes {earlier}");
            }
        }
        assert_eq!(body_of(&sent["plan"]), body, "the body of operations {own:?}");
        for number in own {
            self.operations.get_mut(&number).unwrap().was_sent = true;
        }
    }

    /// Whether the order of the two matters to the server.
    fn conflict(&self, later: &Value, earlier: &Value) -> bool {
        let is_birth_or_death =
            |plan: &Value| ["insert", "ensure", "delete"].iter().any(|action| is(plan, action));
        let is_structural = |plan: &Value| {
            let body = body_of(plan);
            is_birth_or_death(plan) || body.contains_key("name") || body.contains_key("workflow_id")
        };
        let belongs = |child: &Value, plan: &Value| {
            plan["table"] == "workflows"
                && self.parents.get(&row_of(child)).is_some_and(|parent| *parent == row_of(plan))
        };
        is_same_row(later, earlier)
            || (refers(later, earlier) && is_birth_or_death(earlier))
            || (refers(earlier, later) && is_birth_or_death(later))
            // A row that is gone with its workflow may be changed before: it is gone all the same.
            || (is(later, "delete") && belongs(earlier, later))
            || (is(earlier, "save") && later["table"] == "workflow_nodes" && belongs(later, earlier))
            || (is(later, "save") && earlier["table"] == "workflow_nodes" && belongs(earlier, later))
            || (later["table"] == earlier["table"] && is_structural(later) && is_structural(earlier))
    }

    /// The record is gone: with success, or because the application gave it up.
    pub fn settled(&mut self, scope: &str, id: &str, fate: Fate) {
        for operation in self.operations.values_mut() {
            if operation.scope == scope && operation.record == id && operation.fate == Fate::Queued {
                operation.fate = fate;
            }
        }
    }

    fn queued_in<'a>(&'a self, scope: &'a str) -> impl Iterator<Item = (u64, &'a Operation)> {
        let is_queued = move |one: &Operation| one.fate == Fate::Queued && one.scope == scope;
        self.operations.iter().filter(move |(_, one)| is_queued(one)).map(|(number, one)| (*number, one))
    }

    /// At rest: refusals, and what depends on them, are all that is left; and every other operation was made or needless.
    pub fn check_rest(&self, scope: &str, records: &[Value], server: &Server) {
        for (index, record) in records.iter().enumerate() {
            let is_expected = match text(&record["state"]) {
                "failed" => record["error"]["code"] != "NETWORK" && record["error"]["status"] != 503,
                "blocked" => records[..index].iter().any(|earlier| {
                    matches!(text(&earlier["state"]), "failed" | "blocked")
                        && depends(&record["plan"], &earlier["plan"])
                }),
                _ => false,
            };
            assert!(is_expected, "at rest: {record}");
        }
        for (number, operation) in &self.operations {
            match operation.fate {
                Fate::Done => assert!(server.made.contains(&operation.record), "{number} was not made"),
                Fate::Queued if operation.scope == scope => {
                    let is_kept = records.iter().any(|record| record["id"] == *operation.record);
                    assert!(is_kept, "operation {number} is lost");
                }
                _ => {}
            }
        }
    }

    /// Whether the last operation on a row was made, and none on it waits or was refused.
    pub fn is_settled(&self, name: &Name) -> bool {
        let row = format!("{} {}", name.0, name.1);
        let mut of_row = self.operations.values().filter(|one| row_of(&one.plan) == row);
        of_row.all(|one| matches!(one.fate, Fate::Done | Fate::Needless))
    }

    /// The last value that a column of the row was given by operations that were made.
    pub fn last_value(&self, name: &Name, column: &str) -> Option<Value> {
        let row = format!("{} {}", name.0, name.1);
        let of_row =
            self.operations.values().filter(|one| one.fate == Fate::Done && row_of(&one.plan) == row);
        of_row.filter_map(|one| body_of(&one.plan).get(column).cloned()).next_back()
    }

    /// The scopes that wrote the row.
    pub fn writers(&self, name: &Name) -> usize {
        let row = format!("{} {}", name.0, name.1);
        let of_row = self.operations.values().filter(|one| row_of(&one.plan) == row);
        of_row.map(|one| &one.scope).collect::<BTreeSet<_>>().len()
    }
}
