//! Conditions on rows in SQL's three-valued logic, and the order of rows.

use super::schema::{Facts, Type};
use super::url::{Condition, Operator};
use super::{calendar, Refusal, Row};
use serde_json::Value;
use std::cmp::Ordering;

/// Refuses conditions that the database could not parse.
pub fn check(facts: &Facts, condition: &Condition) -> Result<(), Refusal> {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().try_for_each(|part| check(facts, part)),
        Condition::Not(part) => check(facts, part),
        Condition::Column(column, operator) => {
            let kind = facts
                .kind(column)
                .ok_or_else(|| Refusal::new(400, "42703", format!("column {column} does not exist")))?;
            let values: &[String] = match operator {
                Operator::IsNull => &[],
                Operator::In(values) => values,
                Operator::Eq(value)
                | Operator::Gt(value)
                | Operator::Gte(value)
                | Operator::Lt(value)
                | Operator::Lte(value) => std::slice::from_ref(value),
            };
            values.iter().try_for_each(|value| check_value(kind, value))
        }
    }
}

pub fn check_value(kind: Type, text: &str) -> Result<(), Refusal> {
    let (is_valid, code) = match kind {
        Type::Uuid => (is_uuid(text), "22P02"),
        Type::Timestamp => (text == "now" || calendar::parse(text).is_some(), "22007"),
        Type::Bool => (matches!(text, "true" | "false"), "22P02"),
        Type::Number => (text.parse::<f64>().is_ok(), "22P02"),
        Type::Text | Type::Json => (true, ""),
    };
    if is_valid {
        Ok(())
    } else {
        Err(Refusal::new(400, code, format!("invalid input syntax: \"{text}\"")))
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether the condition holds; `None` if SQL's result is NULL.
pub fn holds(facts: &Facts, condition: &Condition, row: &Row) -> Option<bool> {
    match condition {
        Condition::All(parts) => {
            let answers: Vec<_> = parts.iter().map(|part| holds(facts, part, row)).collect();
            all(&answers)
        }
        Condition::Any(parts) => {
            let negated: Vec<_> = parts.iter().map(|part| holds(facts, part, row).map(|it| !it)).collect();
            all(&negated).map(|it| !it)
        }
        Condition::Not(part) => holds(facts, part, row).map(|it| !it),
        Condition::Column(column, operator) => {
            let value = &row[column.as_str()];
            if *operator == Operator::IsNull {
                return Some(value.is_null());
            }
            if value.is_null() {
                return None;
            }
            let kind = facts.kind(column)?;
            let compared = |text: &String| compare(kind, value, text);
            Some(match operator {
                Operator::Eq(text) => compared(text).is_eq(),
                Operator::Gt(text) => compared(text).is_gt(),
                Operator::Gte(text) => compared(text).is_ge(),
                Operator::Lt(text) => compared(text).is_lt(),
                Operator::Lte(text) => compared(text).is_le(),
                Operator::In(texts) => texts.iter().any(|text| compared(text).is_eq()),
                Operator::IsNull => unreachable!("answered above"),
            })
        }
    }
}

fn all(answers: &[Option<bool>]) -> Option<bool> {
    if answers.contains(&Some(false)) {
        Some(false)
    } else {
        (!answers.contains(&None)).then_some(true)
    }
}

fn compare(kind: Type, value: &Value, text: &str) -> Ordering {
    let own = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match kind {
        Type::Uuid => own.to_lowercase().cmp(&text.to_lowercase()),
        Type::Timestamp => calendar::parse(&own).cmp(&calendar::parse(text)),
        Type::Number => own.parse::<f64>().ok().partial_cmp(&text.parse().ok()).unwrap_or(Ordering::Equal),
        Type::Text | Type::Bool | Type::Json => own.as_str().cmp(text),
    }
}

/// The order of two rows. NULL is larger than everything. Uses the collation `C`.
pub fn order(facts: &Facts, terms: &[(String, bool)], a: &Row, b: &Row) -> Ordering {
    for (column, descending) in terms {
        let (a, b) = (&a[column.as_str()], &b[column.as_str()]);
        let kind = facts.kind(column).expect("a column");
        let ascending = match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let text = b.as_str().map_or_else(|| b.to_string(), str::to_owned);
                compare(kind, a, &text)
            }
        };
        let ordering = if *descending { ascending.reverse() } else { ascending };
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}
