//! GET: filters, order, pages, counts, embedded relations, and the limit `max-rows`.

use super::filter::{check, holds, order};
use super::schema::{self, Facts};
use super::url::{Condition, Operator, Params};
use super::{Outcome, Refusal, Row, Server};
use serde_json::{json, Value};

impl Server {
    pub(super) fn select(
        &self,
        facts: &Facts,
        params: &Params,
        prefer: &str,
        subject: Option<&str>,
    ) -> Result<Outcome, Refusal> {
        let matching = self.matching(facts, params, subject)?;
        let poison = matching.iter().find_map(|row| self.poisoned.get(row["id"].as_str()?));
        if let Some(code) = poison {
            let status = if *code == "57014" { 500 } else { 400 };
            return Err(Refusal::new(status, code, "a function of the database failed"));
        }
        let total = prefer.contains("count=exact").then_some(matching.len());
        if let Some(total) = total.filter(|total| params.offset > *total) {
            let content_range = Some(format!("*/{total}"));
            return Err(Refusal {
                content_range,
                ..Refusal::new(416, "PGRST103", "Requested range not satisfiable")
            });
        }
        let limit = params.limit.unwrap_or(usize::MAX).min(self.max_rows);
        let left_out = usize::from(self.shortens_pages && params.limit.is_some());
        let rows = matching.into_iter().skip(params.offset + left_out).take(limit);
        let rows = rows
            .map(|row| self.shaped(facts, params, row, subject))
            .collect::<Result<Vec<Value>, Refusal>>()?;
        let slice = match rows.len() {
            0 => "*".to_owned(),
            length => format!("{}-{}", params.offset, params.offset + length - 1),
        };
        let size = total.map_or("*".to_owned(), |total| total.to_string());
        let status = if total.is_some_and(|total| rows.len() < total) { 206 } else { 200 };
        Ok(Outcome { status, body: Value::Array(rows), content_range: Some(format!("{slice}/{size}")) })
    }

    /// The visible rows that match, in order.
    pub(super) fn matching(
        &self,
        facts: &Facts,
        params: &Params,
        subject: Option<&str>,
    ) -> Result<Vec<&Row>, Refusal> {
        let (of_member, own) = params.conditions.iter().cloned().partition(is_of_member);
        let condition = Condition::All(own);
        check(facts, &condition)?;
        let of_member = of_member.first();
        let mut rows: Vec<&Row> = self.tables[facts.name]
            .values()
            .filter(|row| self.is_visible(facts, row, subject))
            .filter(|row| holds(facts, &condition, row) == Some(true))
            .filter(|row| of_member.is_none_or(|condition| self.has_member(row, condition, subject)))
            .collect();
        if let Some((_, terms)) = params.order.iter().find(|(of, _)| of.is_empty()) {
            check_order(facts, terms)?;
            rows.sort_by(|a, b| order(facts, terms, a, b));
        }
        Ok(rows)
    }

    /// Whether the workflow has a member, visible to the user, who satisfies the condition.
    fn has_member(&self, workflow: &Row, condition: &Condition, subject: Option<&str>) -> bool {
        let Condition::Column(name, Operator::Eq(user)) = condition else { return false };
        assert_eq!(name, "workflow_members.user_id");
        let members = schema::facts("workflow_members").expect("a table");
        self.rows("workflow_members").any(|member| {
            member["workflow_id"] == workflow["id"]
                && member["user_id"] == json!(user)
                && self.is_visible(members, member, subject)
        })
    }

    /// The row in the form that `select` requests: `*`, columns, `alias:table(*)` or `alias:table(count)`.
    fn shaped(
        &self,
        facts: &Facts,
        params: &Params,
        row: &Row,
        subject: Option<&str>,
    ) -> Result<Value, Refusal> {
        if params.select == "*" {
            return Ok(Value::Object(row.clone()));
        }
        let mut shaped = Row::new();
        for item in params.select.split(',') {
            if item == "*" {
                shaped.extend(row.clone());
                continue;
            }
            if item == OF_MEMBER {
                continue;
            }
            if facts.kind(item).is_some() {
                shaped.insert(item.to_owned(), row[item].clone());
                continue;
            }
            let unknown = || Refusal::new(400, "PGRST100", format!("could not parse {item}"));
            let (alias, rest) = item.split_once(':').ok_or_else(unknown)?;
            let (name, columns) =
                rest.strip_suffix(')').and_then(|rest| rest.split_once('(')).ok_or_else(unknown)?;
            let child = schema::facts(name).ok_or_else(unknown)?;
            let (column, _) =
                child.parents.iter().find(|(_, parent)| *parent == facts.name).ok_or_else(unknown)?;
            let mut rows: Vec<&Row> = self
                .rows(name)
                .filter(|below| below[*column] == row["id"] && self.is_visible(child, below, subject))
                .collect();
            if columns == "count" {
                shaped.insert(alias.to_owned(), json!([{"count": rows.len()}]));
                continue;
            }
            if let Some((_, terms)) = params.order.iter().find(|(of, _)| of == alias) {
                check_order(child, terms)?;
                rows.sort_by(|a, b| order(child, terms, a, b));
            }
            let cut = rows.into_iter().take(self.max_rows).cloned().map(Value::Object).collect();
            shaped.insert(alias.to_owned(), Value::Array(cut));
        }
        Ok(Value::Object(shaped))
    }
}

/// An inner join that selects no column.
const OF_MEMBER: &str = "workflow_members!inner()";

/// Whether the condition is one on the rows of that join.
fn is_of_member(condition: &Condition) -> bool {
    matches!(condition, Condition::Column(name, _) if name.starts_with("workflow_members."))
}

fn check_order(facts: &Facts, terms: &[(String, bool)]) -> Result<(), Refusal> {
    match terms.iter().find(|(column, _)| facts.kind(column).is_none()) {
        Some((column, _)) => Err(Refusal::new(400, "42703", format!("column {column} does not exist"))),
        None => Ok(()),
    }
}
