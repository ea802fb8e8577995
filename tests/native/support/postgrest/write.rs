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
        assert_eq!(params.on_conflict.as_deref(), Some("id"), "an insert must be repeatable");
        assert!(arrival.prefer.contains("resolution=ignore-duplicates"), "an insert must be repeatable");
        let mut row = schema::defaults(facts, &self.now());
        row.extend(self.values(facts, arrival)?);
        self.permit(facts, &row, subject)?;
        let id = row["id"].as_str().unwrap_or_default().to_owned();
        if self.tables[facts.name].contains_key(&id) {
            return Ok(Outcome { status: 201, rows: Vec::new(), content_range: None });
        }
        self.check_row(facts, &row)?;
        self.store(facts, "INSERT", &id, row.clone());
        self.born.push((facts.name, row.clone()));
        Ok(Outcome { status: 201, rows: vec![Value::Object(row)], content_range: None })
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
        for id in self.own_ids(facts, params, subject)? {
            let mut row = self.tables[facts.name][&id].clone();
            row.extend(values.clone());
            self.permit(facts, &row, subject)?;
            self.check_row(facts, &row)?;
            self.store(facts, "UPDATE", &id, row.clone());
            rows.push(Value::Object(row));
        }
        Ok(Outcome { status: 200, rows, content_range: None })
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
        for id in self.own_ids(facts, params, subject)? {
            rows.push(Value::Object(self.tables[facts.name][&id].clone()));
            self.remove(facts.name, &id);
        }
        Ok(Outcome { status: 200, rows, content_range: None })
    }

    /// The rows that match and are the user's own: those that are only public cannot be changed.
    fn own_ids(&self, facts: &Facts, params: &Params, subject: Option<&str>) -> Result<Vec<String>, Refusal> {
        assert!(!params.conditions.is_empty(), "a write without a filter changes the whole table");
        let own = self
            .matching(facts, params, subject)?
            .into_iter()
            .filter(|row| self.owner(facts, row).as_deref() == subject);
        Ok(own.map(|row| row["id"].as_str().expect("an id").to_owned()).collect())
    }

    /// The values that were sent, as the columns hold them.
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

    /// Row security's check of a new or changed row.
    fn permit(&self, facts: &Facts, row: &Row, subject: Option<&str>) -> Result<(), Refusal> {
        let forbidden = || {
            let status = if subject.is_some() { 403 } else { 401 };
            Err(Refusal::new(status, "42501", "new row violates row-level security policy"))
        };
        if subject.is_none() || self.owner(facts, row).as_deref() != subject {
            return forbidden();
        }
        Ok(())
    }

    /// Constraints of a new or changed row.
    fn check_row(&self, facts: &Facts, row: &Row) -> Result<(), Refusal> {
        if let Some(column) = facts.required.iter().find(|column| row[**column].is_null()) {
            return Err(Refusal::new(400, "23502", format!("null value in column {column}")));
        }
        for (column, parent) in facts.parents {
            let parent = &self.tables[parent];
            if row[*column].as_str().is_none_or(|id| !parent.contains_key(id)) {
                return Err(Refusal::new(409, "23503", "violates foreign key constraint"));
            }
        }
        for columns in facts.unique {
            let is_taken = self.tables[facts.name].values().any(|other| {
                other["id"] != row["id"] && columns.iter().all(|column| other[*column] == row[*column])
            });
            if is_taken {
                return Err(Refusal::new(409, "23505", "duplicate key value violates unique constraint"));
            }
        }
        Ok(())
    }
}
