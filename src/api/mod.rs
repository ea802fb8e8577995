//! The functions of `db`, by name: arguments in, an operation of the engine out. Nothing is sent before all are checked.

mod arguments;
mod lists;
mod rows;
mod saves;

pub use arguments::{Argument, Call};

use crate::engine::Read;
use crate::error::Error;
use crate::flows::{Load, Write};
use crate::tables::{
    Table, ACCOUNT_SETTINGS, API_KEYS, AUDIT_LOGS, BRAND_SETTINGS, EXECUTION_NODE_RESULTS, INTEGRATIONS,
    SAVED_TEMPLATES, USER_PROFILES, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_EXECUTIONS, WORKFLOW_FAVORITES,
    WORKFLOW_NODES, WORKFLOW_TEMPLATES,
};

/// What a call comes down to.
pub enum Operation {
    /// Resolves to rows, or null.
    Read(Read),
    /// Resolves to the row, or nothing.
    Write(Write),
}

/// What a function does with its arguments.
#[derive(Clone, Copy)]
enum Function {
    /// Reads the row with the first argument in this column; the argument's name is the second.
    Row(&'static str, &'static str),
    /// Reads the rows whose parent, named by this column, is the argument of this name.
    Children(&'static str, &'static str),
    /// Reads the row that the arguments name by its natural key: user and service.
    OfService,
    /// Reads all rows of a user.
    OfUser,
    /// Creates a row, whose owner's id is an argument of its own or not.
    Insert(Option<&'static str>),
    /// Changes the row whose id is the argument of this name.
    Update(&'static str),
    /// Creates or changes the row that the arguments name by its natural key.
    Upsert,
    /// Creates the row that the arguments name by its natural key, unless it is there.
    Ensure,
    /// Deletes the row of that id, which may have to exist.
    Delete(bool),
    /// Deletes the row that the arguments name by its natural key.
    Remove,
    /// Is like no other.
    Special(fn(&Call<'_>) -> Result<Operation, Error>),
}

use Function::{Children, Delete, Ensure, Insert, OfService, OfUser, Remove, Row, Special, Update, Upsert};

static FUNCTIONS: [(&str, &Table, Function); 61] = [
    ("getWorkflows", &WORKFLOWS, Special(lists::workflows)),
    ("getWorkflowsPage", &WORKFLOWS, Special(lists::workflows_page)),
    ("getWorkflow", &WORKFLOWS, Row("id", "id")),
    ("getWorkflowWithRelations", &WORKFLOWS, Special(rows::workflow_with_relations)),
    ("createWorkflow", &WORKFLOWS, Insert(Some("user_id"))),
    ("updateWorkflow", &WORKFLOWS, Special(rows::update_workflow)),
    ("archiveWorkflow", &WORKFLOWS, Special(rows::archive_workflow)),
    ("deleteWorkflow", &WORKFLOWS, Delete(true)),
    ("saveWorkflowGraph", &WORKFLOWS, Special(saves::workflow_graph)),
    ("batchSaveWorkflows", &WORKFLOWS, Special(saves::workflows)),
    ("createWorkflowFromTemplate", &WORKFLOWS, Special(saves::workflow_from_template)),
    ("getWorkflowNodes", &WORKFLOW_NODES, Children("workflow_id", "workflowId")),
    ("createWorkflowNode", &WORKFLOW_NODES, Insert(None)),
    ("updateWorkflowNode", &WORKFLOW_NODES, Update("id")),
    ("deleteWorkflowNode", &WORKFLOW_NODES, Delete(false)),
    ("getWorkflowConnections", &WORKFLOW_CONNECTIONS, Children("workflow_id", "workflowId")),
    ("createWorkflowConnection", &WORKFLOW_CONNECTIONS, Insert(None)),
    ("updateWorkflowConnection", &WORKFLOW_CONNECTIONS, Update("id")),
    ("deleteWorkflowConnection", &WORKFLOW_CONNECTIONS, Special(rows::delete_connection)),
    ("createExecution", &WORKFLOW_EXECUTIONS, Insert(None)),
    ("getExecution", &WORKFLOW_EXECUTIONS, Row("id", "id")),
    ("updateExecution", &WORKFLOW_EXECUTIONS, Update("id")),
    ("deleteExecution", &WORKFLOW_EXECUTIONS, Delete(false)),
    ("getExecutionHistory", &WORKFLOW_EXECUTIONS, Special(lists::execution_history)),
    ("getExecutionsPage", &WORKFLOW_EXECUTIONS, Special(lists::executions_page)),
    ("createExecutionResult", &EXECUTION_NODE_RESULTS, Insert(None)),
    ("updateExecutionResult", &EXECUTION_NODE_RESULTS, Update("id")),
    ("deleteExecutionResult", &EXECUTION_NODE_RESULTS, Delete(false)),
    ("getExecutionResults", &EXECUTION_NODE_RESULTS, Children("execution_id", "executionId")),
    ("getApiKeys", &API_KEYS, Special(lists::api_keys)),
    ("getApiKeysPublic", &API_KEYS, Special(lists::api_keys_public)),
    ("getApiKey", &API_KEYS, OfService),
    ("createApiKey", &API_KEYS, Insert(None)),
    ("updateApiKey", &API_KEYS, Update("id")),
    ("deleteApiKey", &API_KEYS, Special(rows::delete_api_key)),
    ("batchSaveApiKeys", &API_KEYS, Special(saves::api_keys)),
    ("storeApiKey", &API_KEYS, Special(saves::store_api_key)),
    ("revealApiKey", &API_KEYS, Special(saves::reveal_api_key)),
    ("getBrandSettings", &BRAND_SETTINGS, Row("user_id", "userId")),
    ("upsertBrandSettings", &BRAND_SETTINGS, Upsert),
    ("getAccountSettings", &ACCOUNT_SETTINGS, Row("user_id", "userId")),
    ("upsertAccountSettings", &ACCOUNT_SETTINGS, Upsert),
    ("getUserProfile", &USER_PROFILES, Row("id", "userId")),
    ("updateUserProfile", &USER_PROFILES, Update("userId")),
    ("getIntegrations", &INTEGRATIONS, OfUser),
    ("getIntegration", &INTEGRATIONS, OfService),
    ("upsertIntegration", &INTEGRATIONS, Upsert),
    ("deleteIntegration", &INTEGRATIONS, Remove),
    ("getTemplates", &WORKFLOW_TEMPLATES, Special(lists::templates)),
    ("getTemplate", &WORKFLOW_TEMPLATES, Row("id", "id")),
    ("createTemplate", &WORKFLOW_TEMPLATES, Insert(None)),
    ("updateTemplate", &WORKFLOW_TEMPLATES, Update("id")),
    ("deleteTemplate", &WORKFLOW_TEMPLATES, Delete(false)),
    ("getSavedTemplates", &SAVED_TEMPLATES, OfUser),
    ("saveTemplate", &SAVED_TEMPLATES, Ensure),
    ("unsaveTemplate", &SAVED_TEMPLATES, Remove),
    ("getFavorites", &WORKFLOW_FAVORITES, OfUser),
    ("addFavorite", &WORKFLOW_FAVORITES, Ensure),
    ("removeFavorite", &WORKFLOW_FAVORITES, Remove),
    ("getAuditLogs", &AUDIT_LOGS, Special(lists::audit_logs)),
    ("getAuditLogsPage", &AUDIT_LOGS, Special(lists::audit_logs_page)),
];

/// The name of every function.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, ..)| *name)
}

/// What `name` with these arguments comes down to.
///
/// # Errors
/// `INVALID_INPUT` naming the argument or field, and what was expected.
pub fn operation(name: &str, call: &Call<'_>) -> Result<Operation, Error> {
    let Some((_, table, function)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(Error::invalid(name, "a function of db"));
    };
    match *function {
        Row(column, argument) => call.row(table, column, argument),
        Children(column, argument) => call.children(table, column, argument),
        OfService => call.of_service(table),
        OfUser => call.of_user(table),
        Insert(owner) => call.insert(table, owner),
        Update(argument) => call.update(table, argument),
        Upsert => call.upsert(table),
        Ensure => call.ensure(table),
        Delete(must_exist) => call.delete(table, must_exist),
        Remove => call.remove(table),
        Special(build) => build(call),
    }
}

fn read(key: String, load: Load) -> Operation {
    Operation::Read(Read { key, load })
}
