//! POST, PATCH and DELETE, with constraints, row security and cascades.

use super::filter::check_value;
use super::schema::{self, Facts, Type};
use super::url::Params;
use super::{calendar, Arrival, Outcome, Refusal, Row, Server};
use serde_json::{json, Value};

impl Server {
    pub(super) fn insert(
        &mut self,
        facts: &'static Facts,
        params: &Params,
        arrival: &Arrival<'_>,
        subject: Option<&str>,
    ) -> Result<Outcome, Refusal> {
        let key: Vec<&str> = params.on_conflict.as_deref().expect("a repeatable insert").split(',').collect();
        let merges = arrival.prefer.contains("resolution=merge-duplicates");
        assert!(merges || arrival.prefer.contains("resolution=ignore-duplicates"), "a repeatable insert");
        let values = self.values(facts, arrival)?;
        let mut row = schema::defaults(facts, &self.now());
        if key != ["id"] {
            row["id"] = json!(self.next_id());
        }
        row.extend(values.clone());
        Self::keep_curated(facts, &mut row, None);
        if facts.name == "workflow_members" {
            self.complete_invitation(&mut row, subject)?;
        }
        self.permit(facts, &row, None, subject)?;
        let is_same = |other: &&Row| key.iter().all(|column| other[*column] == row[*column]);
        match self.tables[facts.name].values().find(is_same).cloned() {
            Some(_) if self.forgets_ids && key == ["id"] => row["id"] = json!(self.next_id()),
            Some(mut stored) if merges => {
                let before = stored.clone();
                stored.extend(values);
                self.permit(facts, &stored, Some(&before), subject)?;
                self.replace(facts, &stored)?;
                return Ok(Outcome::rows(201, vec![Value::Object(stored)]));
            }
            Some(_) => return Ok(Outcome::rows(201, Vec::new())),
            None => {}
        }
        self.bear(facts, row.clone())?;
        Ok(Outcome::rows(201, vec![Value::Object(row)]))
    }

    /// Inserts a row for a request.
    pub(super) fn bear(&mut self, facts: &'static Facts, row: Row) -> Result<(), Refusal> {
        let id = row["id"].as_str().unwrap_or_default().to_owned();
        if self.tables[facts.name].contains_key(&id) {
            return Err(Refusal::new(409, "23505", "duplicate key value violates unique constraint"));
        }
        self.check_row(facts, &row)?;
        self.store(facts, "INSERT", &id, row.clone());
        self.born.push((facts.name, row));
        Ok(())
    }

    /// Updates a row for a request.
    pub(super) fn replace(&mut self, facts: &'static Facts, row: &Row) -> Result<(), Refusal> {
        self.check_row(facts, row)?;
        let id = row["id"].as_str().expect("an id").to_owned();
        self.store(facts, "UPDATE", &id, row.clone());
        Ok(())
    }

    /// The trigger that prevents users from setting the curated columns of a template.
    fn keep_curated(facts: &Facts, row: &mut Row, before: Option<&Row>) {
        if facts.name == "workflow_templates" {
            let defaults = schema::defaults(facts, "");
            for column in ["is_featured", "usage_count", "rating"] {
                row[column] = before.unwrap_or(&defaults)[column].clone();
            }
        }
    }

    pub(super) fn update(
        &mut self,
        facts: &'static Facts,
        params: &Params,
        arrival: &Arrival<'_>,
        subject: Option<&str>,
    ) -> Result<Outcome, Refusal> {
        let values = self.values(facts, arrival)?;
        let mut rows = Vec::new();
        for id in self.writable(facts, params, subject, false)? {
            let before = self.tables[facts.name][&id].clone();
            let mut row = before.clone();
            row.extend(values.clone());
            Self::keep_curated(facts, &mut row, Some(&before));
            self.permit(facts, &row, Some(&before), subject)?;
            self.replace(facts, &row)?;
            rows.push(Value::Object(row));
        }
        Ok(Outcome::rows(200, rows))
    }

    pub(super) fn delete(
        &mut self,
        facts: &'static Facts,
        params: &Params,
        arrival: &Arrival<'_>,
        subject: Option<&str>,
    ) -> Result<Outcome, Refusal> {
        assert!(arrival.prefer.contains("return=representation"), "a delete tells what it deleted");
        let mut rows = Vec::new();
        for id in self.writable(facts, params, subject, true)? {
            rows.push(Value::Object(self.tables[facts.name][&id].clone()));
            self.remove(facts.name, &id);
        }
        Ok(Outcome::rows(200, rows))
    }

    /// The trigger that checks new invitations.
    fn complete_invitation(&self, row: &mut Row, subject: Option<&str>) -> Result<(), Refusal> {
        let email = row["email"].as_str().unwrap_or_default().trim().to_lowercase();
        if subject.and_then(|user| self.email(user)) == Some(&email) {
            return Err(Refusal::new(400, "PT400", "email: expected the address of another person"));
        }
        row["email"] = json!(email);
        if row["invited_by"].is_null() {
            row["invited_by"] = json!(subject);
        }
        Ok(())
    }

    /// The rows that match and that the user may change or delete: those that may only be read stay as they are.
    fn writable(
        &self,
        facts: &Facts,
        params: &Params,
        subject: Option<&str>,
        deletes: bool,
    ) -> Result<Vec<String>, Refusal> {
        assert!(!params.conditions.is_empty(), "a write without a filter changes the whole table");
        let rows = self.matching(facts, params, subject)?.into_iter();
        let writable = rows.filter(|row| self.may_write(facts, row, subject, deletes));
        Ok(writable.map(|row| row["id"].as_str().expect("an id").to_owned()).collect())
    }

    /// The request's values in the form that the columns store.
    fn values(&self, facts: &Facts, arrival: &Arrival<'_>) -> Result<Row, Refusal> {
        let unreadable = || Refusal::new(400, "PGRST102", "the body is not a JSON object");
        let body = arrival.body.ok_or_else(unreadable)?;
        let Ok(Value::Object(mut values)) = serde_json::from_str::<Value>(body) else {
            return Err(unreadable());
        };
        for (column, value) in &mut values {
            let kind = facts.kind(column).ok_or_else(|| {
                Refusal::new(400, "PGRST204", format!("could not find the column {column}"))
            })?;
            match (kind, &*value) {
                (Type::Timestamp, Value::String(text)) if text == "now" => *value = json!(self.now()),
                (Type::Timestamp, Value::String(text)) => {
                    check_value(kind, text)?;
                    *value = json!(calendar::print(calendar::parse(text).expect("it was checked")));
                }
                (Type::Uuid, Value::String(text)) => {
                    check_value(kind, text)?;
                    *value = json!(text.to_lowercase());
                }
                _ => {}
            }
        }
        Ok(values)
    }

    /// Checks the constraints of a new or changed row.
    pub(super) fn check_row(&self, facts: &Facts, row: &Row) -> Result<(), Refusal> {
        if let Some(column) = facts.required.iter().find(|column| row[**column].is_null()) {
            return Err(Refusal::new(400, "23502", format!("null value in column {column}")));
        }
        for (column, parent) in facts.parents {
            let parent = &self.tables[parent];
            if row[*column].as_str().is_none_or(|id| !parent.contains_key(id)) {
                return Err(Refusal::new(409, "23503", "violates foreign key constraint"));
            }
        }
        let owner = facts.owner_key().and_then(|column| row[column].as_str());
        if owner.is_some_and(|owner| !self.tables["user_profiles"].contains_key(owner)) {
            return Err(Refusal::new(409, "23503", "violates foreign key constraint"));
        }
        for columns in facts.unique {
            let is_taken = self.tables[facts.name].values().any(|other| {
                let is_same = |column: &&str| !row[*column].is_null() && other[*column] == row[*column];
                other["id"] != row["id"] && columns.iter().all(is_same)
            });
            if is_taken {
                return Err(Refusal::new(409, "23505", "duplicate key value violates unique constraint"));
            }
        }
        Ok(())
    }
}
