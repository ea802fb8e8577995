//! Calls of database functions: saves of several rows in one transaction, and encrypted API keys.

use super::rows::if_updated_at;
use super::{Call, Operation};
use crate::data::Value;
use crate::error::{code, Error};
use crate::flows::{Condition, DatabaseFunction, FunctionCall, Write, BASE_EXPECTED};
use crate::input::{self, Field, QueryFields, RequestBody};
use crate::json::json_text;
use crate::tables::{Table, API_KEYS, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use std::cell::RefCell;

/// The members of a graph and their tables.
const GRAPH: [(&str, &Table); 2] = [("nodes", &WORKFLOW_NODES), ("connections", &WORKFLOW_CONNECTIONS)];

pub(super) fn workflow_graph(call: &Call<'_>) -> Result<Operation, Error> {
    let workflow_id = call.uuid_at(0, "workflowId")?;
    let graph = call.object(1, "graph")?;
    QueryFields::new(graph, &["nodes", "connections"])?;
    let mut arguments = RequestBody::default();
    arguments.set("p_workflow_id", json_text(&workflow_id));
    arguments.set("p_nodes", children(call, graph, GRAPH[0], &workflow_id)?);
    arguments.set("p_connections", children(call, graph, GRAPH[1], &workflow_id)?);
    let options = call.options(2, "options")?;
    let condition = if_updated_at(&QueryFields::new(options, &["ifUpdatedAt", "base"])?)?;
    let base = base(options)?;
    let function = match base {
        Some(_) if condition.is_some() => return Err(Error::invalid("ifUpdatedAt", "nothing beside base")),
        Some(_) => DatabaseFunction::SaveMergedGraph,
        None => DatabaseFunction::SaveGraph,
    };
    let condition = condition.map(Condition::Wanted);
    let call = FunctionCall::new(function, arguments.json(), Some(workflow_id));
    Ok(Operation::Write(Write::Call(FunctionCall { condition, base, ..call })))
}

/// The option `base`, as JSON. Null is refused: the save would replace concurrent saves.
fn base(options: &[Field]) -> Result<Option<String>, Error> {
    let Some(base) = options.iter().find(|field| field.name == "base") else { return Ok(None) };
    match base.value {
        Value::Absent => Ok(None),
        Value::Json if !base.json.is_empty() => Ok(Some(base.json.clone())),
        _ => Err(Error::invalid("base", BASE_EXPECTED)),
    }
}

pub(super) fn workflow_from_template(call: &Call<'_>) -> Result<Operation, Error> {
    let user_id = call.uuid_at(0, "userId")?;
    let template_id = call.uuid_at(1, "templateId")?;
    let workflow_id = (call.uuid)();
    let mut arguments = RequestBody::default();
    arguments.set("p_workflow_id", json_text(&workflow_id));
    arguments.set("p_user_id", json_text(&user_id));
    arguments.set("p_template_id", json_text(&template_id));
    if !matches!(call.value(2), Value::Absent | Value::Null) {
        arguments.set("p_name", json_text(&input::text("name", call.value(2))?));
    }
    Ok(function(DatabaseFunction::FromTemplate, &arguments, Some(workflow_id), Some(template_id)))
}

pub(super) fn workflows(call: &Call<'_>) -> Result<Operation, Error> {
    save_all(call, "workflows", DatabaseFunction::SaveWorkflows, &|fields| {
        let mut own = fields.to_vec();
        own.retain(|field| GRAPH.iter().all(|(name, _)| *name != field.name));
        let (workflow_id, _) = call.give_id(&mut own)?;
        let mut body = input::new_row(&WORKFLOWS, &own)?;
        for member in GRAPH {
            body.set(member.0, children(call, fields, member, &workflow_id)?);
        }
        Ok(body)
    })
}

pub(super) fn api_keys(call: &Call<'_>) -> Result<Operation, Error> {
    save_all(call, "keys", DatabaseFunction::SaveKeys, &|fields| {
        let mut fields = fields.to_vec();
        call.give_id(&mut fields)?;
        input::new_row(&API_KEYS, &fields)
    })
}

/// Options of `storeApiKey`, and their columns.
const KEY_OPTIONS: [(&str, &str); 4] = [
    ("isMasterKey", "is_master_key"),
    ("gatewayType", "gateway_type"),
    ("gatewayEndpoint", "gateway_endpoint"),
    ("isActive", "is_active"),
];

pub(super) fn store_api_key(call: &Call<'_>) -> Result<Operation, Error> {
    let mut arguments = RequestBody::default();
    arguments.set("p_user_id", json_text(&call.uuid_at(0, "userId")?));
    arguments.set("p_service_name", json_text(&input::text("service", call.value(1))?));
    arguments.set("p_secret", json_text(&input::text("secret", call.value(2))?));
    let options = input::options(&API_KEYS, call.options(3, "options")?, &KEY_OPTIONS)?;
    arguments.set("p_options", options.json());
    Ok(function(DatabaseFunction::StoreKey, &arguments, None, None))
}

pub(super) fn reveal_api_key(call: &Call<'_>) -> Result<Operation, Error> {
    let mut arguments = RequestBody::default();
    arguments.set("p_id", json_text(&call.uuid_at(0, "id")?));
    Ok(function(DatabaseFunction::RevealKey, &arguments, None, None))
}

/// A save of `{[name]: rows, overwrite?}`, with each row built by `row`.
fn save_all(
    call: &Call<'_>,
    name: &'static str,
    saved: DatabaseFunction,
    row: &dyn Fn(&[Field]) -> Result<RequestBody, Error>,
) -> Result<Operation, Error> {
    let batch = call.object(0, "batch")?;
    let fields = QueryFields::new(batch, &[name, "overwrite"])?;
    let overwrite = input::flag("overwrite", fields.get("overwrite"), false)?;
    let mut arguments = RequestBody::default();
    let argument = if saved == DatabaseFunction::SaveKeys { "p_keys" } else { "p_workflows" };
    arguments.set(argument, rows(batch, name, row)?);
    // Must be last: a replay appends another argument.
    arguments.set("p_overwrite", if overwrite { "true" } else { "false" }.to_owned());
    Ok(function(saved, &arguments, None, None))
}

/// The rows of one member of a graph as JSON, each with an id. Rejects duplicate names within the graph.
fn children(
    call: &Call<'_>,
    graph: &[Field],
    (name, table): (&'static str, &'static Table),
    workflow_id: &str,
) -> Result<String, Error> {
    let named_by = if name == "nodes" { "node_id" } else { "connection_id" };
    let taken = RefCell::new(Vec::new());
    rows(graph, name, &|fields| {
        let mut fields = fields.to_vec();
        input::agree(table, &mut fields, "workflow_id", workflow_id)?;
        call.give_id(&mut fields)?;
        let body = input::new_row(table, &fields)?;
        if let Some(own) = fields.into_iter().find(|field| field.name == named_by) {
            if taken.borrow().contains(&own.json) {
                return Err(Error::invalid(named_by, "a value that no other row has"));
            }
            taken.borrow_mut().push(own.json);
        }
        Ok(body)
    })
}

/// The list under `name` as JSON, with each row built by `row`.
fn rows(
    fields: &[Field],
    name: &'static str,
    row: &dyn Fn(&[Field]) -> Result<RequestBody, Error>,
) -> Result<String, Error> {
    let list = fields.iter().find(|field| field.name == name).and_then(|field| field.rows.as_ref());
    let Some(list) = list else { return Err(Error::invalid(name, "a list of rows")) };
    let mut json = String::from("[");
    for (index, fields) in list.iter().enumerate() {
        let body = row(fields).map_err(|error| {
            let place = [name, "[", &index.to_string(), "].", &error.message].concat();
            Error::new(code::INVALID_INPUT, place)
        })?;
        if index > 0 {
            json.push(',');
        }
        json.push_str(&body.json());
    }
    json.push(']');
    Ok(json)
}

pub(super) fn function(
    function: DatabaseFunction,
    arguments: &RequestBody,
    workflow_id: Option<String>,
    template_id: Option<String>,
) -> Operation {
    let call = FunctionCall::new(function, arguments.json(), workflow_id);
    Operation::Write(Write::Call(FunctionCall { template_id, ..call }))
}
