//! A server with primary keys, unique names, foreign keys that cascade, checks, versions and refusals.

use crate::offline::stored::text;
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Table and key.
pub type Name = (String, String);

pub struct Row {
    pub user: usize,
    pub columns: Map<String, Value>,
    version: u64,
    /// The records that created it, and that wrote it last.
    born_of: String,
    written_by: String,
}

/// Who asks, and for which record.
pub struct Caller<'a> {
    pub device: usize,
    pub user: usize,
    pub record: &'a str,
    pub is_resent: bool,
}

#[derive(Default)]
pub struct Server {
    pub rows: BTreeMap<Name, Row>,
    /// Rows to which every write is refused at present.
    pub forbidden: BTreeSet<Name>,
    /// Records whose requests arrived.
    seen: BTreeSet<String>,
    /// Records whose write was made.
    pub made: BTreeSet<String>,
    clock: u64,
    created: BTreeMap<Name, usize>,
    deleted: BTreeMap<Name, usize>,
    /// The latest value of each device in each column.
    latest: BTreeMap<(Name, String, usize), u64>,
}

fn refusal(code: &str, status: u16) -> Value {
    json!({"code": code, "message": "refused", "status": status})
}

impl Server {
    /// Makes a write, as the engine does with several requests. The answer holds the row's version.
    pub fn write(&mut self, caller: &Caller, plan: &Value) -> Result<Option<String>, Value> {
        let is_repeated = !self.seen.insert(caller.record.to_owned());
        assert!(caller.is_resent || !is_repeated, "{} is sent again as if it were new", caller.record);
        let name = (text(&plan["table"]).to_owned(), text(&plan["key"]).to_owned());
        if self.forbidden.contains(&name) {
            return Err(refusal("42501", 403));
        }
        let body: Map<_, _> = serde_json::from_str(text(&plan["body"])).unwrap_or_default();
        let result = match text(&plan["action"]) {
            "update" | "save" => self.update(caller, &name, body, plan["ifUpdatedAt"].as_str()),
            "upsert" if self.rows.contains_key(&name) => self.update(caller, &name, body, None),
            "ensure" if self.rows.contains_key(&name) => Ok(()),
            "delete" => {
                self.delete(&name);
                Ok(())
            }
            _ => self.insert(caller, &name, body),
        };
        result?;
        self.made.insert(caller.record.to_owned());
        Ok(self.rows.get(&name).map(|row| format!("v{}", row.version)))
    }

    pub fn version(&self, name: &Name) -> Option<String> {
        self.rows.get(name).map(|row| format!("v{}", row.version))
    }

    fn insert(&mut self, caller: &Caller, name: &Name, body: Map<String, Value>) -> Result<(), Value> {
        if let Some(row) = self.rows.get(name) {
            let is_own = caller.is_resent && row.born_of == caller.record;
            return if is_own { Ok(()) } else { Err(refusal("23505", 409)) };
        }
        self.check(caller, name, &body)?;
        let created = self.created.entry(name.clone()).or_default();
        *created += 1;
        let deleted = self.deleted.get(name).copied().unwrap_or_default();
        assert!(*created <= deleted + 1, "{name:?} was created twice");
        self.note(caller, name, &body);
        self.clock += 1;
        let record = caller.record.to_owned();
        let row = Row {
            user: caller.user,
            columns: body,
            version: self.clock,
            born_of: record.clone(),
            written_by: record,
        };
        self.rows.insert(name.clone(), row);
        Ok(())
    }

    fn update(
        &mut self,
        caller: &Caller,
        name: &Name,
        body: Map<String, Value>,
        version: Option<&str>,
    ) -> Result<(), Value> {
        let Some(row) = self.rows.get(name) else {
            return Err(json!({"code": "NOT_FOUND", "message": "no such row"}));
        };
        assert_eq!(row.user, caller.user, "{name:?} is another user's");
        if version.is_some_and(|version| version != format!("v{}", row.version)) {
            let is_made = caller.is_resent && row.written_by == caller.record;
            return if is_made { Ok(()) } else { Err(json!({"code": "CONFLICT", "message": "changed"})) };
        }
        self.check(caller, name, &body)?;
        self.note(caller, name, &body);
        self.clock += 1;
        if let Some(row) = self.rows.get_mut(name) {
            row.columns.extend(body);
            row.version = self.clock;
            caller.record.clone_into(&mut row.written_by);
        }
        Ok(())
    }

    /// Checks, references and unique names.
    fn check(&self, caller: &Caller, name: &Name, body: &Map<String, Value>) -> Result<(), Value> {
        if body.values().any(|value| value == "bad") {
            return Err(refusal("23514", 400));
        }
        if let Some(parent) = body.get("workflow_id") {
            if !self.rows.contains_key(&("workflows".to_owned(), text(parent).to_owned())) {
                return Err(refusal("23503", 409));
            }
        }
        let is_taken = |(other, row): (&Name, &Row)| {
            other.0 == name.0
                && other != name
                && row.user == caller.user
                && row.columns.get("name") == body.get("name")
        };
        if body.contains_key("name") && self.rows.iter().any(is_taken) {
            return Err(refusal("23505", 409));
        }
        Ok(())
    }

    fn delete(&mut self, name: &Name) {
        if self.rows.remove(name).is_none() {
            return;
        }
        *self.deleted.entry(name.clone()).or_default() += 1;
        let is_below = |row: &Row| {
            name.0 == "workflows" && row.columns.get("workflow_id").is_some_and(|id| text(id) == name.1)
        };
        let below: Vec<_> =
            self.rows.iter().filter(|(_, row)| is_below(row)).map(|(name, _)| name.clone()).collect();
        for name in below {
            self.delete(&name);
        }
    }

    /// No device may bring back a value that it has replaced. Values are numbers of operations.
    fn note(&mut self, caller: &Caller, name: &Name, body: &Map<String, Value>) {
        for (column, value) in body {
            let Some(number) = value.as_u64() else {
                continue;
            };
            let latest = self.latest.entry((name.clone(), column.clone(), caller.device)).or_default();
            assert!(
                *latest <= number,
                "{name:?}.{column}: {number} of device {} after {latest}",
                caller.device
            );
            *latest = number;
        }
    }
}
