//! The stored records of one user, and the steps that they take.

use serde_json::{json, Value};
use workflow_db::offline::Outbox;

pub const SCOPE: &str = "https://x.example u1";

/// What the browser's database holds.
#[derive(Clone, Default)]
pub struct Stored {
    pub records: Vec<Value>,
    steps: usize,
    /// An outbox that took every step.
    outbox: Outbox,
}

impl Stored {
    /// Takes a step in one transaction. Returns its result.
    #[track_caller]
    pub fn step(&mut self, input: Value) -> Value {
        self.transact(input)["result"].take()
    }

    /// The same. Returns the records that were written, too, and the ids of those that were deleted.
    #[track_caller]
    pub fn transact(&mut self, input: Value) -> Value {
        let step = self.step_of(&self.records, &input);
        let same = self.outbox.step(&input.to_string()).expect("a step");
        assert_eq!(serde_json::from_str::<Value>(&same).expect("JSON"), step, "what is in memory is on disk");
        self.apply(&step);
        step
    }

    /// The step that an outbox takes which has just read these records.
    #[track_caller]
    pub fn step_of(&self, records: &[Value], input: &Value) -> Value {
        // The order in which a database answers does not matter.
        let mut records: Vec<_> = records.iter().map(Value::to_string).collect();
        if self.steps % 2 == 1 {
            records.reverse();
        }
        let mut outbox = Outbox::parse(&format!("[{}]", records.join(","))).expect("records");
        serde_json::from_str(&outbox.step(&input.to_string()).expect("a step")).expect("JSON")
    }

    /// Writes what a step changed.
    #[track_caller]
    pub fn apply(&mut self, step: &Value) {
        self.steps += 1;
        for id in step["deletes"].as_array().expect("deletes") {
            let before = self.records.len();
            self.records.retain(|record| record["id"] != *id);
            assert_eq!(self.records.len() + 1, before, "{id} was not stored");
        }
        for put in step["puts"].as_array().expect("puts") {
            self.records.retain(|record| record["id"] != put["id"]);
            self.records.push(put.clone());
        }
        self.records.sort_by_key(|record| record["seq"].as_u64());
    }

    /// Adds a write under the id `w1`, `w2` … . Returns the result.
    #[track_caller]
    pub fn queue(&mut self, plan: Value) -> Value {
        let id = format!("w{}", self.steps + 1);
        self.step(json!({"enqueue": {"plan": plan, "id": id, "scope": SCOPE, "now": 1_000 + self.steps}}))
    }

    /// The same, of several writes. Returns the ids of the records that hold them.
    #[track_caller]
    pub fn queue_all<const N: usize>(&mut self, plans: [Value; N]) -> [String; N] {
        plans.map(|plan| self.queue(plan)["id"].as_str().expect("an id").to_owned())
    }

    #[track_caller]
    pub fn begin(&mut self) -> Value {
        self.step(json!("begin"))
    }

    /// The row of the next write, which is marked as being sent.
    #[track_caller]
    pub fn begin_row(&mut self) -> String {
        row_of(&self.begin()["plan"])
    }

    /// Sends the next write. The answer has this error, if there is one.
    #[track_caller]
    pub fn send(&mut self, error: Value) -> Value {
        let sent = self.begin();
        self.settle(&sent, error)
    }

    #[track_caller]
    pub fn settle(&mut self, sent: &Value, error: Value) -> Value {
        self.step(json!({"settle": {"id": sent["id"], "attempt": sent["attempt"], "error": error}}))
    }

    #[track_caller]
    pub fn retry(&mut self, id: &str) -> bool {
        self.step(json!({"retry": {"id": id}})) == true
    }

    #[track_caller]
    pub fn discard(&mut self, id: &str) -> bool {
        self.step(json!({"discard": {"id": id}})) == true
    }

    pub fn view(&self) -> Value {
        let outbox = Outbox::parse(&Value::from(self.records.clone()).to_string()).expect("records");
        serde_json::from_str(&outbox.view()).expect("JSON")
    }

    /// Each record as `action table key state`, in order.
    pub fn list(&self) -> Vec<String> {
        let line = |record: &Value| {
            let plan = &record["plan"];
            format!("{} {} {}", text(&plan["action"]), row_of(plan), text(&record["state"]))
        };
        self.records.iter().map(line).collect()
    }

    /// The body of the only record of a row.
    #[track_caller]
    pub fn body(&self, row: &str) -> Value {
        let of_row: Vec<_> = self.records.iter().filter(|record| row_of(&record["plan"]) == row).collect();
        assert_eq!(of_row.len(), 1, "records of {row}");
        serde_json::from_str(text(&of_row[0]["plan"]["body"])).expect("JSON")
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub fn row_of(plan: &Value) -> String {
    format!("{} {}", text(&plan["table"]), text(&plan["key"]))
}

fn plan(action: &str, row: &str, refs: &[&str], body: &str) -> Value {
    let (table, key) = row.split_once(' ').expect("a table and a key");
    let is_natural = matches!(action, "upsert" | "ensure");
    let row_id = if is_natural { Value::Null } else { json!(key) };
    json!({
        "action": action, "table": table, "key": key, "rowId": row_id, "refs": refs, "body": body,
        "rest": format!("rest of {action}"), "ifUpdatedAt": null,
    })
}

pub fn insert(row: &str, refs: &[&str]) -> Value {
    plan("insert", row, refs, r#"{"label":"new"}"#)
}

pub fn update(row: &str, body: Value) -> Value {
    plan("update", row, &[], &body.to_string())
}

pub fn update_if(row: &str, body: Value, version: &str) -> Value {
    let mut plan = update(row, body);
    plan["ifUpdatedAt"] = json!(version);
    plan
}

pub fn delete(row: &str) -> Value {
    plan("delete", row, &[], "")
}

pub fn upsert(row: &str, body: Value) -> Value {
    plan("upsert", row, &[], &body.to_string())
}

pub fn ensure(row: &str, refs: &[&str]) -> Value {
    plan("ensure", row, refs, "{}")
}

/// The deletion of a row that is named by its natural key.
pub fn forget(row: &str) -> Value {
    let mut plan = delete(row);
    plan["rowId"] = Value::Null;
    plan
}

pub fn save(row: &str, nodes: Value) -> Value {
    plan("save", row, &[], &json!({ "nodes": nodes }).to_string())
}

pub fn refusal() -> Value {
    json!({"code": "42501", "message": "not allowed", "status": 403, "details": "row 7"})
}

pub fn outage() -> Value {
    json!({"code": "NETWORK", "message": "offline"})
}
