//! The expected content of a page: the rows that the server had at the time of the request, in the order of the query.

use super::tab::Made;
use super::value_text;
use crate::support::postgrest::{calendar, Row, Server};
use serde_json::{json, Value};
use std::cmp::Ordering;

/// A page as it was requested.
struct Wanted<'a> {
    table: &'static str,
    /// Column and value; `None` for any value.
    equal: Vec<(&'static str, Option<&'a Value>)>,
    from: Option<&'a str>,
    archived_too: bool,
    sort: &'a str,
    is_descending: bool,
}

impl<'a> Wanted<'a> {
    /// `None` if the function does not return pages.
    fn of(made: &'a Made) -> Option<Self> {
        let first = made.arguments.get(0)?;
        let member = |name: &str| first.get(name);
        let (table, equal): (_, Vec<(&'static str, Option<&Value>)>) = match made.name {
            "getWorkflowsPage" => ("workflows", vec![("user_id", member("userId"))]),
            "getExecutionHistory" if first.is_string() => {
                ("workflow_executions", vec![("workflow_id", Some(first))])
            }
            "getExecutionHistory" | "getExecutionsPage" => {
                let equal = vec![
                    ("user_id", member("userId")),
                    ("workflow_id", member("workflowId")),
                    ("status", member("status")),
                ];
                ("workflow_executions", equal)
            }
            "getAuditLogs" if first.is_string() => ("audit_logs", vec![("user_id", Some(first))]),
            "getAuditLogs" | "getAuditLogsPage" => {
                let equal = vec![
                    ("user_id", member("userId")),
                    ("resource_type", member("resourceType")),
                    ("action", member("action")),
                ];
                ("audit_logs", equal)
            }
            _ => return None,
        };
        let text = |name: &str| member(name).and_then(Value::as_str);
        let by_time = if table == "workflows" { "updated_at" } else { "created_at" };
        Some(Self {
            table,
            equal,
            from: text("startDate"),
            archived_too: table != "workflows" || member("includeArchived") == Some(&json!(true)),
            sort: text("sortBy").unwrap_or(by_time),
            is_descending: text("sortOrder").is_none_or(|order| order == "desc"),
        })
    }

    fn admits(&self, row: &Row) -> bool {
        let is_equal =
            |(column, value): &(&str, Option<&Value>)| value.is_none_or(|value| row[*column] == *value);
        self.equal.iter().all(is_equal)
            && self.from.is_none_or(|from| row["created_at"].as_str().is_some_and(|at| at >= from))
            && (self.archived_too || row["archived_at"].is_null())
    }

    fn compare(&self, a: &Value, b: &Value) -> Ordering {
        let key = |row: &Value| {
            let text = value_text(row, self.sort);
            // Zeros at the end of a fraction of a second are omitted.
            if self.sort == "name" {
                (0, text)
            } else {
                (calendar::parse(&text).unwrap_or(i64::MIN), String::new())
            }
        };
        let order = key(a).cmp(&key(b));
        let order = if self.is_descending { order.reverse() } else { order };
        order.then_with(|| value_text(a, "id").cmp(&value_text(b, "id")))
    }
}

/// Checks the page that a call returned, provided that nothing was committed while the call was in flight.
pub fn check(server: &Server, made: &Made, answer: &Value, user: Option<&str>) {
    let Some(wanted) = Wanted::of(made).filter(|_| server.commits.len() == made.unchanged_since) else {
        return;
    };
    let visible = |row: &&Row| {
        wanted.admits(row) && server.sees(wanted.table, row["id"].as_str().expect("an id"), user)
    };
    let mut all: Vec<Value> = server.rows(wanted.table).filter(visible).cloned().map(Value::Object).collect();
    all.sort_by(|a, b| wanted.compare(a, b));
    let number =
        |name: &str| answer[name].as_u64().and_then(|number| usize::try_from(number).ok()).expect("a number");
    let (total, size) = (number("total"), number("pageSize"));
    assert_eq!(total, all.len(), "{} counts the rows of {}", made.name, made.arguments);
    let (first, expected) = match &made.turned {
        _ if answer.get("nextCursor").is_none() => {
            let offset = made.arguments.get(2).or_else(|| made.arguments[0].get("offset"));
            let offset = offset.and_then(Value::as_u64).and_then(|offset| usize::try_from(offset).ok());
            (offset.unwrap_or(0), size)
        }
        None => (0, size),
        Some((from, is_back)) => {
            let rows = from["data"].as_array().expect("rows");
            if rows.is_empty() {
                // The position of an empty page is known only from its cursors.
                return;
            }
            if *is_back {
                let before = all.iter().take_while(|row| wanted.compare(row, &rows[0]).is_lt()).count();
                (before.saturating_sub(size), size.min(before))
            } else {
                let last = rows.last().expect("there is a next page");
                (all.iter().take_while(|row| wanted.compare(row, last).is_le()).count(), size)
            }
        }
    };
    let rows: Vec<_> = all.iter().skip(first).take(expected).collect();
    let shown: Vec<_> = answer["data"].as_array().expect("rows").iter().collect();
    assert_eq!(shown, rows, "{} {} from {first}", made.name, made.arguments);
    let is_more = first + rows.len() < all.len();
    if made.turned.as_ref().is_none_or(|(_, is_back)| !is_back) {
        assert_eq!(answer["hasMore"], json!(is_more && !rows.is_empty()), "{} {}", made.name, made.arguments);
    }
}
