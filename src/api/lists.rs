//! Calls that return lists: filters, order, pages and cursors.

use super::{read, Argument, Call, Operation};
use crate::data::Value;
use crate::error::Error;
use crate::flows::Load;
use crate::input::{self, QueryFields};
use crate::queries::{
    AuditLogPageQuery, AuditLogQuery, ExecutionHistoryQuery, ExecutionPageQuery, TemplateQuery,
    WorkflowPageQuery, WorkflowQuery,
};
use crate::query::{hash_of, Cursor, Filter, Query, Test};
use crate::rest::{push_encoded, Request};
use crate::tables::{
    API_KEYS, AUDIT_LOGS, WITHOUT_SECRETS, WITH_ARCHIVED, WORKFLOWS, WORKFLOW_EXECUTIONS, WORKFLOW_TEMPLATES,
};
use crate::time::timestamp;

/// Default page size for executions and for cursor pages.
const DEFAULT_PAGE: u32 = 50;
/// Default page size for audit entries.
const DEFAULT_AUDIT_PAGE: u32 = 100;

pub(super) fn workflows(call: &Call<'_>) -> Result<Operation, Error> {
    let Some(Argument::Object(fields)) = call.arguments.first() else {
        let user_id = call.uuid_at(0, "userId")?;
        let include_archived = input::flag("includeArchived", call.value(1), false)?;
        let (key, query) = workflow_list(&user_id, include_archived, ("updated_at", true));
        return Ok(read(key.of(), Load::List(query)));
    };
    let fields = QueryFields::new(fields, WorkflowQuery::FIELDS)?;
    let (mut key, query) = workflow_query(&fields)?;
    let limit = match fields.get("limit") {
        Value::Absent => None,
        limit => Some(input::count("limit", limit, 1, 1)?),
    };
    let offset = input::count("offset", fields.get("offset"), 0, 0)?;
    key.add_page(limit, offset);
    Ok(read(key.of(), Load::List(Query { limit, offset, ..query })))
}

pub(super) fn workflows_page(call: &Call<'_>) -> Result<Operation, Error> {
    let fields = QueryFields::new(call.object(0, "query")?, WorkflowPageQuery::FIELDS)?;
    let (key, query) = workflow_query(&fields)?;
    cursor_page(call, &fields, key, query, DEFAULT_PAGE)
}

pub(super) fn execution_history(call: &Call<'_>) -> Result<Operation, Error> {
    let Some(Argument::Object(fields)) = call.arguments.first() else {
        let query = Query::of(&WORKFLOW_EXECUTIONS)
            .filter("workflow_id", Test::Eq(call.uuid_at(0, "workflowId")?))
            .ordered_by("created_at", true);
        let key = Key::of_query(&query);
        return numbered_page(key, query, (call.value(1), call.value(2)), DEFAULT_PAGE);
    };
    let fields = QueryFields::new(fields, ExecutionHistoryQuery::FIELDS)?;
    let (key, query) = execution_query(&fields)?;
    numbered_page(key, query, (fields.get("limit"), fields.get("offset")), DEFAULT_PAGE)
}

pub(super) fn executions_page(call: &Call<'_>) -> Result<Operation, Error> {
    let fields = QueryFields::new(call.object(0, "query")?, ExecutionPageQuery::FIELDS)?;
    let (key, query) = execution_query(&fields)?;
    cursor_page(call, &fields, key, query, DEFAULT_PAGE)
}

pub(super) fn audit_logs(call: &Call<'_>) -> Result<Operation, Error> {
    let Some(Argument::Object(fields)) = call.arguments.first() else {
        let query = Query::of(&AUDIT_LOGS)
            .filter("user_id", Test::Eq(call.uuid_at(0, "userId")?))
            .ordered_by("created_at", true);
        let key = Key::of_query(&query);
        return numbered_page(key, query, (call.value(1), call.value(2)), DEFAULT_AUDIT_PAGE);
    };
    let fields = QueryFields::new(fields, AuditLogQuery::FIELDS)?;
    let (key, query) = audit_query(call, &fields)?;
    numbered_page(key, query, (fields.get("limit"), fields.get("offset")), DEFAULT_AUDIT_PAGE)
}

pub(super) fn audit_logs_page(call: &Call<'_>) -> Result<Operation, Error> {
    let fields = QueryFields::new(call.object(0, "query")?, AuditLogPageQuery::FIELDS)?;
    let (key, query) = audit_query(call, &fields)?;
    cursor_page(call, &fields, key, query, DEFAULT_AUDIT_PAGE)
}

pub(super) fn api_keys(call: &Call<'_>) -> Result<Operation, Error> {
    let (key, query) = active_keys(call)?;
    Ok(read(key.of(), Load::List(query)))
}

pub(super) fn api_keys_public(call: &Call<'_>) -> Result<Operation, Error> {
    let (mut key, query) = active_keys(call)?;
    key.be(WITHOUT_SECRETS);
    Ok(read(key.of(), Load::List(query.without_secret())))
}

fn active_keys(call: &Call<'_>) -> Result<(Key, Query), Error> {
    let user_id = call.uuid_at(0, "userId")?;
    let key = Key::new(API_KEYS.list_key(&[&user_id]));
    let query = Query::of(&API_KEYS)
        .filter("user_id", Test::Eq(user_id))
        .filter("is_active", Test::Eq("true".to_owned()));
    Ok((key, query))
}

pub(super) fn templates(call: &Call<'_>) -> Result<Operation, Error> {
    let fields = QueryFields::new(call.options(0, "query")?, TemplateQuery::FIELDS)?;
    let mut query = Query::of(&WORKFLOW_TEMPLATES);
    if *fields.get("category") != Value::Absent {
        let category = input::text("category", fields.get("category"))?;
        query = query.filter("category", Test::Eq(category));
    }
    if *fields.get("featured") != Value::Absent {
        let featured = input::flag("featured", fields.get("featured"), false)?;
        let word = if featured { "true" } else { "false" };
        query = query.filter("is_featured", Test::Eq(word.to_owned()));
    }
    call.check_length("category", Request::counted(&query, None).path.len())?;
    let key = Key::of_query(&query);
    Ok(read(key.of(), Load::List(query)))
}

/// The query for a user's workflows: with or without archived ones, in the requested order.
fn workflow_query(fields: &QueryFields<'_>) -> Result<(Key, Query), Error> {
    let user_id = input::uuid("userId", fields.get("userId"))?;
    let include_archived = input::flag("includeArchived", fields.get("includeArchived"), false)?;
    let sort_by = input::word("sortBy", fields.get("sortBy"), &["created_at", "updated_at", "name"])?;
    let sort_order = input::word("sortOrder", fields.get("sortOrder"), &["asc", "desc"])?;
    let order = (sort_by.unwrap_or("updated_at"), sort_order != Some("asc"));
    Ok(workflow_list(&user_id, include_archived, order))
}

fn workflow_list(
    user_id: &str,
    include_archived: bool,
    (sort_by, descending): (&'static str, bool),
) -> (Key, Query) {
    let mut query = Query::of(&WORKFLOWS).filter("user_id", Test::Eq(user_id.to_owned()));
    let mut key = Key::new(WORKFLOWS.list_key(&[user_id]));
    if include_archived {
        key.be(WITH_ARCHIVED);
    } else {
        query = query.filter("archived_at", Test::IsNull);
    }
    if (sort_by, descending) != ("updated_at", true) {
        key.add("order", &[sort_by, if descending { ".desc" } else { ".asc" }].concat());
    }
    (key, query.ordered_by(sort_by, descending))
}

fn execution_query(fields: &QueryFields<'_>) -> Result<(Key, Query), Error> {
    let mut query = Query::of(&WORKFLOW_EXECUTIONS).ordered_by("created_at", true);
    if *fields.get("workflowId") != Value::Absent {
        query = query.filter("workflow_id", Test::Eq(input::uuid("workflowId", fields.get("workflowId"))?));
    }
    query = query.filter("user_id", Test::Eq(input::uuid("userId", fields.get("userId"))?));
    let statuses = &["running", "completed", "failed"];
    if let Some(status) = input::word("status", fields.get("status"), statuses)? {
        query = query.filter("status", Test::Eq(status.to_owned()));
    }
    query = created_between(query, fields)?;
    Ok((Key::of_query(&query), query))
}

fn audit_query(call: &Call<'_>, fields: &QueryFields<'_>) -> Result<(Key, Query), Error> {
    let user_id = input::uuid("userId", fields.get("userId"))?;
    let mut query =
        Query::of(&AUDIT_LOGS).filter("user_id", Test::Eq(user_id)).ordered_by("created_at", true);
    for (name, column) in [("resourceType", "resource_type"), ("action", "action")] {
        if *fields.get(name) != Value::Absent {
            query = query.filter(column, Test::Eq(input::text(name, fields.get(name))?));
            call.check_length(name, Request::counted(&query, None).path.len())?;
        }
    }
    query = created_between(query, fields)?;
    Ok((Key::of_query(&query), query))
}

/// A page selected by offset. `page` is limit and offset.
fn numbered_page(
    key: Key,
    query: Query,
    (limit, offset): (&Value, &Value),
    default_limit: u32,
) -> Result<Operation, Error> {
    let limit = input::count("limit", limit, 1, default_limit)?;
    let offset = input::count("offset", offset, 0, 0)?;
    let mut key = key;
    key.add_page(Some(limit), offset);
    Ok(read(key.of(), Load::Page(query.page(limit, offset))))
}

/// A page selected by cursor.
fn cursor_page(
    call: &Call<'_>,
    fields: &QueryFields<'_>,
    key: Key,
    query: Query,
    default_size: u32,
) -> Result<Operation, Error> {
    let size = input::count("pageSize", fields.get("pageSize"), 1, default_size)?;
    let list_key = key.text.clone();
    let query = query.page(size, 0);
    let mut key = key;
    key.add("pageSize", &size.to_string());
    let cursor = match fields.get("cursor") {
        Value::Absent => Cursor::default(),
        value => {
            let text = value.text().unwrap_or_default();
            // Cursors contain values of rows, and events show keys, so the key contains a hash.
            key.add("cursor", &hash_of(text, 8));
            Cursor::parse(text, &list_key, &query)
                .ok_or_else(|| Error::invalid("cursor", "a cursor of this list"))?
        }
    };
    call.check_length("cursor", Request::counted(&query, cursor.position.as_ref()).path.len())?;
    Ok(read(key.of(), Load::CursorPage(query, cursor, list_key)))
}

/// Limits the query to rows created from the start of `startDate` to the end of `endDate`. A date without time
/// includes that whole day.
fn created_between(query: Query, fields: &QueryFields<'_>) -> Result<Query, Error> {
    let expected = "a date such as 2024-02-29, or a timestamp such as 2024-02-29T23:59:59Z";
    let parse = |name: &str| match fields.get(name) {
        Value::Absent => Ok(None),
        Value::Text(text) => match timestamp::normalize(text) {
            Some(time) => Ok(Some((text.clone(), time))),
            None => Err(Error::invalid(name, expected)),
        },
        _ => Err(Error::invalid(name, expected)),
    };
    let mut query = query;
    if let Some((_, time)) = parse("startDate")? {
        query = query.filter("created_at", Test::AtLeast(time));
    }
    if let Some((text, time)) = parse("endDate")? {
        let whole_day = timestamp::is_date_only(&text).then(|| timestamp::next_day(&text)).flatten();
        query = query.filter("created_at", whole_day.map_or(Test::AtMost(time), Test::Below));
    }
    Ok(query)
}

/// A cache key under construction, with the parameters that differ from the query's defaults.
struct Key {
    text: String,
    is_variant: bool,
}

impl Key {
    fn new(text: String) -> Self {
        Self { text, is_variant: false }
    }

    /// The key of a query's list: the table's list key with the value of its column if the query filters by it,
    /// followed by all other filters.
    fn of_query(query: &Query) -> Self {
        let base = query.table.list_key.as_ref().and_then(|format| format.columns.first()).copied();
        let base = base.unwrap_or_default();
        let of_base = query.filters.iter().find_map(|filter| match &filter.test {
            Test::Eq(value) if filter.column == base => Some(value.as_str()),
            _ => None,
        });
        let mut key = Self::new(query.table.list_key(&[of_base.unwrap_or_default()]));
        for Filter { column, test } in &query.filters {
            match test {
                Test::Eq(_) if *column == base => {}
                Test::Eq(value) => key.add(column, value),
                Test::AtLeast(value) => key.add(&[column, ".gte"].concat(), value),
                Test::AtMost(value) => key.add(&[column, ".lte"].concat(), value),
                Test::Below(value) => key.add(&[column, ".lt"].concat(), value),
                Test::In(_) | Test::IsNull => {}
            }
        }
        key
    }

    /// Starts with this variant. Must be the first part.
    fn be(&mut self, variant: &str) {
        self.text.push_str(variant);
        self.is_variant = true;
    }

    /// Encodes the characters in a value that structure a key, so that different queries have different keys.
    fn add(&mut self, name: &str, value: &str) {
        self.text.push(if self.is_variant { '&' } else { '?' });
        self.is_variant = true;
        self.text.push_str(name);
        self.text.push('=');
        for character in value.chars() {
            match character {
                '&' | '=' | '?' | '%' => push_encoded(&mut self.text, character.encode_utf8(&mut [0; 4])),
                _ => self.text.push(character),
            }
        }
    }

    fn add_page(&mut self, limit: Option<u32>, offset: u32) {
        if let Some(limit) = limit {
            self.add("limit", &limit.to_string());
        }
        if offset > 0 {
            self.add("offset", &offset.to_string());
        }
    }

    fn of(self) -> String {
        self.text
    }
}
