//! The functions of `db`, by name: arguments in, an operation of the engine out. Nothing is sent before all are checked.

use crate::data::Value;
use crate::engine::{Load, Read, Write};
use crate::error::Error;
use crate::input::{self, Field, QueryFields};
use crate::queries::{ExecutionHistoryQuery, WorkflowQuery};
use crate::query::{Filter, Query, Test};
use crate::tables::{
    Table, EXECUTION_NODE_RESULTS, USER_PROFILES, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_EXECUTIONS,
    WORKFLOW_NODES,
};
use crate::timestamp;

/// One argument of a call.
pub enum Argument {
    /// A string, a number, nothing at all.
    Value(Value),
    /// An object, by its members.
    Object(Vec<Field>),
}

/// What a call comes down to.
pub enum Operation {
    /// Resolves to rows, or null.
    Read(Read),
    /// Resolves to the row, or nothing.
    Write(Write),
}

/// The arguments of a call, and what else checking them takes.
pub struct Call<'a> {
    /// In their order; missing ones are absent.
    pub arguments: Vec<Argument>,
    /// A new random uuid.
    pub uuid: &'a dyn Fn() -> String,
    /// Bytes that the server's address takes of every URL.
    pub base_url_length: usize,
}

/// What a function does with its arguments.
#[derive(Clone, Copy)]
enum Function {
    /// Reads the row whose id is the argument of this name.
    Row(&'static str),
    /// Reads the rows whose parent, named by this column, is the argument of this name.
    Children(&'static str, &'static str),
    /// Creates a row, whose owner's id is an argument of its own or not.
    Insert(Option<&'static str>),
    /// Changes the row whose id is the argument of this name.
    Update(&'static str),
    /// Deletes the row of that id, which may have to exist.
    Delete(bool),
    /// Is like no other.
    Special(fn(&Call<'_>) -> Result<Operation, Error>),
}

use Function::{Children, Delete, Insert, Row, Special, Update};

static FUNCTIONS: [(&str, &Table, Function); 26] = [
    ("getWorkflows", &WORKFLOWS, Special(workflows)),
    ("getWorkflow", &WORKFLOWS, Row("id")),
    ("getWorkflowWithRelations", &WORKFLOWS, Special(workflow_with_relations)),
    ("createWorkflow", &WORKFLOWS, Insert(Some("user_id"))),
    ("updateWorkflow", &WORKFLOWS, Update("id")),
    ("archiveWorkflow", &WORKFLOWS, Special(archive_workflow)),
    ("deleteWorkflow", &WORKFLOWS, Delete(true)),
    ("getWorkflowNodes", &WORKFLOW_NODES, Children("workflow_id", "workflowId")),
    ("createWorkflowNode", &WORKFLOW_NODES, Insert(None)),
    ("updateWorkflowNode", &WORKFLOW_NODES, Update("id")),
    ("deleteWorkflowNode", &WORKFLOW_NODES, Delete(false)),
    ("getWorkflowConnections", &WORKFLOW_CONNECTIONS, Children("workflow_id", "workflowId")),
    ("createWorkflowConnection", &WORKFLOW_CONNECTIONS, Insert(None)),
    ("updateWorkflowConnection", &WORKFLOW_CONNECTIONS, Update("id")),
    ("deleteWorkflowConnection", &WORKFLOW_CONNECTIONS, Special(delete_connection)),
    ("createExecution", &WORKFLOW_EXECUTIONS, Insert(None)),
    ("getExecution", &WORKFLOW_EXECUTIONS, Row("id")),
    ("updateExecution", &WORKFLOW_EXECUTIONS, Update("id")),
    ("deleteExecution", &WORKFLOW_EXECUTIONS, Delete(false)),
    ("getExecutionHistory", &WORKFLOW_EXECUTIONS, Special(execution_history)),
    ("createExecutionResult", &EXECUTION_NODE_RESULTS, Insert(None)),
    ("updateExecutionResult", &EXECUTION_NODE_RESULTS, Update("id")),
    ("deleteExecutionResult", &EXECUTION_NODE_RESULTS, Delete(false)),
    ("getExecutionResults", &EXECUTION_NODE_RESULTS, Children("execution_id", "executionId")),
    ("getUserProfile", &USER_PROFILES, Row("userId")),
    ("updateUserProfile", &USER_PROFILES, Update("userId")),
];

/// What `name` with these arguments comes down to.
///
/// # Errors
/// `INVALID_INPUT` naming the argument or field, and what was expected.
pub fn operation(name: &str, call: &Call<'_>) -> Result<Operation, Error> {
    let Some((_, table, function)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(Error::invalid(name, "a function of db"));
    };
    match *function {
        Row(argument) => call.row(table, argument),
        Children(column, argument) => call.children(table, column, argument),
        Insert(owner) => call.insert(table, owner),
        Update(argument) => call.update(table, argument),
        Delete(must_exist) => call.delete(table, must_exist),
        Special(build) => build(call),
    }
}

fn read(key: String, load: Load) -> Operation {
    Operation::Read(Read { key, load })
}

impl Call<'_> {
    fn value(&self, index: usize) -> &Value {
        match self.arguments.get(index) {
            Some(Argument::Value(value)) => value,
            Some(Argument::Object(_)) => &Value::Json,
            None => &Value::Absent,
        }
    }

    fn object(&self, index: usize, name: &str) -> Result<&[Field], Error> {
        match self.arguments.get(index) {
            Some(Argument::Object(fields)) => Ok(fields),
            _ => Err(Error::invalid(name, "an object")),
        }
    }

    fn uuid_at(&self, index: usize, name: &str) -> Result<String, Error> {
        input::uuid(name, self.value(index))
    }

    /// The row whose id is the first argument.
    fn row(&self, table: &'static Table, argument: &str) -> Result<Operation, Error> {
        let id = self.uuid_at(0, argument)?;
        let key = table.row_key.as_ref().map_or_else(String::new, |format| format.of(&[&id]));
        Ok(read(key, Load::Row(table, "id", id)))
    }

    /// The rows whose parent's id is the first argument.
    fn children(
        &self,
        table: &'static Table,
        column: &'static str,
        argument: &str,
    ) -> Result<Operation, Error> {
        let id = self.uuid_at(0, argument)?;
        let key = table.list_key.as_ref().map_or_else(String::new, |format| format.of(&[&id]));
        Ok(read(key, Load::Children(table, column, id)))
    }

    /// A new row: the last argument, after the id of its `owner` where the function takes that.
    fn insert(&self, table: &'static Table, owner: Option<&'static str>) -> Result<Operation, Error> {
        let mut fields = match owner {
            None => self.object(0, "new")?.to_vec(),
            Some(column) => {
                let id = self.uuid_at(0, "userId")?;
                let mut fields = self.object(1, "new")?.to_vec();
                input::agree(&mut fields, column, &id)?;
                fields
            }
        };
        let chosen = fields.iter().find(|field| field.name == "id" && field.value != Value::Absent);
        let chosen_id = chosen.map(|field| input::uuid("id", &field.value)).transpose()?;
        let id = chosen_id.clone().unwrap_or_else(|| (self.uuid)());
        fields.retain(|field| field.name != "id");
        fields.push(Field::text("id", &id));
        let body = input::new_row(table, &fields)?.json();
        Ok(Operation::Write(Write::Insert { table, id, chosen_id: chosen_id.is_some(), body }))
    }

    /// The second argument's values for the row whose id is the first.
    fn update(&self, table: &'static Table, argument: &str) -> Result<Operation, Error> {
        let id = self.uuid_at(0, argument)?;
        let mut fields = self.object(1, "patch")?.to_vec();
        input::agree(&mut fields, "id", &id)?;
        fields.retain(|field| field.name != "id");
        let body = input::patch(table, &fields)?.json();
        Ok(Operation::Write(Write::Update { table, id, body }))
    }

    fn delete(&self, table: &'static Table, must_exist: bool) -> Result<Operation, Error> {
        let id = self.uuid_at(0, "id")?;
        let filters = vec![Filter { column: "id", test: Test::Eq(id) }];
        Ok(Operation::Write(Write::Delete { table, filters, must_exist }))
    }
}

fn workflow_with_relations(call: &Call<'_>) -> Result<Operation, Error> {
    let id = call.uuid_at(0, "id")?;
    Ok(read(["workflow:", &id, "?relations"].concat(), Load::Relations(id)))
}

fn archive_workflow(call: &Call<'_>) -> Result<Operation, Error> {
    let id = call.uuid_at(0, "id")?;
    let mut body = input::Body::default();
    body.set("archived_at", "\"now\"".to_owned());
    input::touch(&WORKFLOWS, &mut body);
    Ok(Operation::Write(Write::Update { table: &WORKFLOWS, id, body: body.json() }))
}

fn delete_connection(call: &Call<'_>) -> Result<Operation, Error> {
    let workflow_id = call.uuid_at(0, "workflowId")?;
    let connection_id = input::text("connectionId", call.value(1))?;
    let filters = vec![
        Filter { column: "workflow_id", test: Test::Eq(workflow_id) },
        Filter { column: "connection_id", test: Test::Eq(connection_id) },
    ];
    let write = Write::Delete { table: &WORKFLOW_CONNECTIONS, filters, must_exist: false };
    input::short_enough("connectionId", write.url_length() + call.base_url_length)?;
    Ok(Operation::Write(write))
}

fn workflows(call: &Call<'_>) -> Result<Operation, Error> {
    let Some(Argument::Object(fields)) = call.arguments.first() else {
        let user_id = call.uuid_at(0, "userId")?;
        let include_archived = input::flag("includeArchived", call.value(1), false)?;
        return Ok(workflow_list(&user_id, include_archived, ("updated_at", true), (None, 0)));
    };
    let query = QueryFields::new(fields, WorkflowQuery::FIELDS)?;
    let user_id = input::uuid("userId", query.get("userId"))?;
    let include_archived = input::flag("includeArchived", query.get("includeArchived"), false)?;
    let sort_by = input::word("sortBy", query.get("sortBy"), &["created_at", "updated_at", "name"])?;
    let sort_order = input::word("sortOrder", query.get("sortOrder"), &["asc", "desc"])?;
    let limit = match query.get("limit") {
        Value::Absent => None,
        limit => Some(input::count("limit", limit, 1, 1)?),
    };
    let offset = input::count("offset", query.get("offset"), 0, 0)?;
    let order = (sort_by.unwrap_or("updated_at"), sort_order != Some("asc"));
    Ok(workflow_list(&user_id, include_archived, order, (limit, offset)))
}

fn execution_history(call: &Call<'_>) -> Result<Operation, Error> {
    let Some(Argument::Object(fields)) = call.arguments.first() else {
        let workflow_id = call.uuid_at(0, "workflowId")?;
        let limit = input::count("limit", call.value(1), 1, DEFAULT_HISTORY)?;
        let offset = input::count("offset", call.value(2), 0, 0)?;
        let query = Query::of(&WORKFLOW_EXECUTIONS).filter("workflow_id", Test::Eq(workflow_id));
        return Ok(history_page(query, limit, offset));
    };
    let fields = QueryFields::new(fields, ExecutionHistoryQuery::FIELDS)?;
    let mut query = Query::of(&WORKFLOW_EXECUTIONS);
    if *fields.get("workflowId") != Value::Absent {
        query = query.filter("workflow_id", Test::Eq(input::uuid("workflowId", fields.get("workflowId"))?));
    }
    query = query.filter("user_id", Test::Eq(input::uuid("userId", fields.get("userId"))?));
    let statuses = &["running", "completed", "failed"];
    if let Some(status) = input::word("status", fields.get("status"), statuses)? {
        query = query.filter("status", Test::Eq(status.to_owned()));
    }
    query = created_between(query, fields.get("startDate"), fields.get("endDate"))?;
    let limit = input::count("limit", fields.get("limit"), 1, DEFAULT_HISTORY)?;
    let offset = input::count("offset", fields.get("offset"), 0, 0)?;
    Ok(history_page(query, limit, offset))
}

/// Executions on a page, unless the caller says how many.
const DEFAULT_HISTORY: u32 = 50;

fn workflow_list(
    user_id: &str,
    include_archived: bool,
    (sort_by, descending): (&'static str, bool),
    (limit, offset): (Option<u32>, u32),
) -> Operation {
    let mut query = Query::of(&WORKFLOWS).filter("user_id", Test::Eq(user_id.to_owned()));
    if !include_archived {
        query = query.filter("archived_at", Test::IsNull);
    }
    let query = Query { limit, offset, ..query.ordered_by(sort_by, descending) };
    let mut variant = Variant::default();
    if include_archived {
        variant.add("archived", "included");
    }
    if (sort_by, descending) != ("updated_at", true) {
        variant.add("order", &[sort_by, if descending { ".desc" } else { ".asc" }].concat());
    }
    variant.add_page(limit, offset);
    read(variant.of(["workflows:", user_id].concat()), Load::List(query))
}

fn history_page(query: Query, limit: u32, offset: u32) -> Operation {
    let query = query.ordered_by("created_at", true).page(limit, offset);
    let mut variant = Variant::default();
    let mut key = String::from("executions:");
    for Filter { column, test } in &query.filters {
        match (*column, test) {
            ("workflow_id", Test::Eq(id)) => key.push_str(id),
            (column, Test::Eq(value)) => variant.add(column, value),
            (column, Test::AtLeast(value)) => variant.add(&[column, ".gte"].concat(), value),
            (column, Test::AtMost(value)) => variant.add(&[column, ".lte"].concat(), value),
            (column, Test::Below(value)) => variant.add(&[column, ".lt"].concat(), value),
            (_, Test::In(_) | Test::IsNull) => {}
        }
    }
    variant.add_page(query.limit, query.offset);
    read(variant.of(key), Load::Page(query))
}

/// Only rows made from the start of `start` to the end of `end`; a date alone includes that whole day.
fn created_between(query: Query, start: &Value, end: &Value) -> Result<Query, Error> {
    let expected = "a date such as 2024-02-29, or a timestamp such as 2024-02-29T23:59:59Z";
    let parse = |name: &str, value: &Value| match value {
        Value::Absent => Ok(None),
        Value::Text(text) => match timestamp::normalize(text) {
            Some(time) => Ok(Some((text.clone(), time))),
            None => Err(Error::invalid(name, expected)),
        },
        _ => Err(Error::invalid(name, expected)),
    };
    let mut query = query;
    if let Some((_, time)) = parse("startDate", start)? {
        query = query.filter("created_at", Test::AtLeast(time));
    }
    if let Some((text, time)) = parse("endDate", end)? {
        let whole_day = timestamp::is_date_only(&text).then(|| timestamp::next_day(&text)).flatten();
        query = query.filter("created_at", whole_day.map_or(Test::AtMost(time), Test::Below));
    }
    Ok(query)
}

/// What a cache key says beyond the question's default form.
#[derive(Default)]
struct Variant {
    text: String,
}

impl Variant {
    fn add(&mut self, name: &str, value: &str) {
        self.text.push(if self.text.is_empty() { '?' } else { '&' });
        self.text.push_str(name);
        self.text.push('=');
        self.text.push_str(value);
    }

    fn add_page(&mut self, limit: Option<u32>, offset: u32) {
        if let Some(limit) = limit {
            self.add("limit", &limit.to_string());
        }
        if offset > 0 {
            self.add("offset", &offset.to_string());
        }
    }

    fn of(self, base: String) -> String {
        [base, self.text].concat()
    }
}
