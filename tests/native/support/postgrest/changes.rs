//! Changes that tests make behind the library's back, what each change records, and the history of rows.

use super::schema::{self, facts, Facts};
use super::{Commit, Row, Server};
use crate::support::random::uuid_of;
use serde_json::{json, Value};
use std::collections::{BTreeSet, HashSet};

impl Server {
    /// Inserts a row with the table's defaults and returns its id.
    pub fn add(&mut self, table: &str, values: Value) -> String {
        let facts = facts(table).expect("a table");
        self.clock_us += 1;
        let mut row = schema::defaults(facts, &self.now());
        self.made += 1;
        row["id"] = json!(uuid_of(&format!("{table} {}", self.made)));
        let Value::Object(values) = values else { panic!("a row is an object") };
        row.extend(values);
        let id = row["id"].as_str().expect("an id").to_owned();
        self.store(facts, "INSERT", &id, row);
        id
    }

    pub(super) fn next_id(&mut self) -> String {
        self.made += 1;
        uuid_of(&format!("made {}", self.made))
    }

    /// Stores a row and records the commit.
    pub(super) fn store(&mut self, facts: &'static Facts, kind: &'static str, id: &str, row: Row) {
        let before = self.tables.get_mut(facts.name).expect("a table").insert(id.to_owned(), row.clone());
        let owner = self.owner(facts, &row);
        self.owners.insert(id.to_owned(), owner);
        self.commit(facts.name, kind, row.clone());
        self.audit(facts.name, before, Some(row));
    }

    pub(super) fn commit(&mut self, table: &'static str, kind: &'static str, row: Row) {
        let at = self.now();
        let id = row["id"].as_str().expect("an id").to_owned();
        self.history.entry(id).or_default().push(self.commits.len());
        if table == "workflow_members" {
            self.member_commits.push(self.commits.len());
        }
        self.commits.push(Commit { table, kind, row, at });
    }

    /// Writes what the audit triggers would write.
    pub(super) fn audit(&mut self, table: &'static str, before: Option<Row>, after: Option<Row>) {
        let resource = match table {
            "workflows" => "workflow",
            "api_keys" => "api_key",
            "workflow_executions" => "workflow_execution",
            "integrations" => "integration",
            "workflow_members" => "workflow_member",
            "brand_settings" | "account_settings" => table,
            _ => return,
        };
        let Some(row) = after.as_ref().or(before.as_ref()).filter(|_| self.audits) else { return };
        let verb = match (&before, &after) {
            (None, _) => "created",
            (_, None) => "deleted",
            _ => "updated",
        };
        let values = json!({
            "action": format!("{resource}_{verb}"), "resource_type": resource, "resource_id": row["id"],
            "details": {},
        });
        for user in self.audited(table, row) {
            // Nothing is recorded for a deleted account.
            if !self.tables["user_profiles"].contains_key(&user) {
                continue;
            }
            let facts = facts("audit_logs").expect("a table");
            let mut entry = schema::defaults(facts, &self.now());
            entry.extend(values.as_object().cloned().expect("an object"));
            let id = self.next_id();
            entry["id"] = json!(id);
            entry["user_id"] = json!(user);
            self.store(facts, "INSERT", &id, entry);
        }
    }

    /// In whose logs a change of the row is recorded. That of a member concerns the workflow's owner and who made it.
    fn audited(&self, table: &str, row: &Row) -> BTreeSet<String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if table != "workflow_members" {
            return text(&row["user_id"]).into_iter().collect();
        }
        let workflow = row["workflow_id"].as_str().and_then(|id| self.row("workflows", id));
        let owner = text(workflow.map_or(&row["invited_by"], |workflow| &workflow["user_id"]));
        owner.into_iter().chain(self.actor.clone()).collect()
    }

    /// Whether the row exists and this user may read it.
    pub fn sees(&self, table: &str, id: &str, subject: Option<&str>) -> bool {
        let facts = facts(table).expect("a table");
        self.row(table, id).is_some_and(|row| self.is_visible(facts, row, subject))
    }

    /// Changes columns of a row, like another client.
    pub fn change(&mut self, table: &str, id: &str, values: Value) {
        self.clock_us += 1;
        let now = self.now();
        let mut row = self.tables[table][id].clone();
        let Value::Object(values) = values else { panic!("a row is an object") };
        if row.contains_key("updated_at") {
            row["updated_at"] = json!(now);
        }
        row.extend(values);
        self.store(facts(table).expect("a table"), "UPDATE", id, row);
    }

    /// Like `add`, unless a constraint prevents it.
    pub fn try_add(&mut self, table: &str, values: &Row) {
        let facts = facts(table).expect("a table");
        let mut row = schema::defaults(facts, &self.now());
        row["id"] = json!(self.next_id());
        row.extend(values.clone());
        let id = row["id"].as_str().unwrap_or_default().to_owned();
        if !self.tables[table].contains_key(&id) && self.check_row(facts, &row).is_ok() {
            self.store(facts, "INSERT", &id, row);
        }
    }

    /// Like `change`, unless a constraint prevents it.
    pub fn try_change(&mut self, table: &str, id: &str, values: &Row) {
        let mut row = self.tables[table][id].clone();
        row.extend(values.clone());
        if self.check_row(facts(table).expect("a table"), &row).is_ok() {
            self.change(table, id, Value::Object(values.clone()));
        }
    }

    /// Deletes a row and its dependents, like another client.
    pub fn remove(&mut self, table: &str, id: &str) {
        if let Some(row) = self.tables.get_mut(table).expect("a table").remove(id) {
            let name = facts(table).expect("a table").name;
            self.commit(name, "DELETE", row.clone());
            self.audit(name, Some(row), None);
        }
        for child in schema::TABLES {
            for (column, _) in child.parents.iter().filter(|(_, parent)| *parent == table) {
                for below in self.referring(child, column, id) {
                    self.remove(child.name, &below);
                }
            }
            let Some(column) = child.owner_key().filter(|_| table == "user_profiles") else { continue };
            for below in self.referring(child, column, id) {
                if child.required.contains(&column) || child.name == "workflow_members" {
                    self.remove(child.name, &below);
                } else {
                    let mut row = self.tables[child.name][&below].clone();
                    row[column] = Value::Null;
                    self.store(child, "UPDATE", &below, row);
                }
            }
        }
    }

    /// The rows with `id` in `column`.
    pub(super) fn referring(&self, facts: &Facts, column: &str, id: &str) -> Vec<String> {
        let rows = self.rows(facts.name).filter(|row| row[column] == json!(id));
        rows.map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// The row before this commit; `None` if the commit created it.
    pub fn before(&self, place: usize) -> Option<&Row> {
        let commit = &self.commits[place];
        let is_same = |it: &&Commit| it.table == commit.table && it.row["id"] == commit.row["id"];
        let before = self.commits[..place].iter().rev().find(is_same)?;
        (commit.kind == "UPDATE").then_some(&before.row)
    }

    /// How many inserted rows contain this marker, in the table where it first occurs. A row that was deleted and
    /// inserted again counts once.
    pub fn times_made(&self, marker: &str) -> usize {
        let holds = |row: &Row| row.values().any(|value| value == marker);
        let mut made = self.born.iter().filter(|(_, row)| holds(row)).peekable();
        let first = made.peek().map(|(table, _)| *table);
        let of_table = made.filter(|(table, _)| Some(*table) == first);
        of_table.map(|(_, row)| row["id"].as_str()).collect::<HashSet<_>>().len()
    }

    /// The owner of this row, even if the row was deleted. `None` for a row without an owner or one that never existed.
    pub fn owner_ever(&self, id: &str) -> Option<&str> {
        self.owners.get(id)?.as_deref()
    }

    /// Whether it is or was a public workflow.
    pub fn was_public(&self, id: &str) -> bool {
        self.history(id).iter().any(|place| {
            let Commit { table, row, .. } = &self.commits[*place];
            *table == "workflows" && row["is_public"] == json!(true)
        })
    }

    /// The indexes of the commits that changed the row with this id.
    pub fn history(&self, id: &str) -> &[usize] {
        self.history.get(id).map_or(&[], Vec::as_slice)
    }

    /// The table of this row, even if it was deleted.
    pub fn table_of(&self, id: &str) -> Option<&'static str> {
        self.history(id).last().map(|place| self.commits[*place].table)
    }

    /// The row with this id as it is, or as it was last.
    pub fn last_state(&self, id: &str) -> Option<&Row> {
        self.history(id).last().map(|place| &self.commits[*place].row)
    }

    pub fn rows(&self, table: &str) -> impl Iterator<Item = &Row> {
        self.tables[table].values()
    }

    pub fn row(&self, table: &str, id: &str) -> Option<&Row> {
        self.tables[table].get(id)
    }
}
