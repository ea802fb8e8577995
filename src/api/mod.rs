//! The functions of `db` by name: arguments in, an operation of the engine out. Nothing is sent before all arguments
//! are validated.

mod arguments;
mod lists;
mod members;
mod rows;
mod saves;
mod services;

pub use arguments::{Argument, Call};

use crate::engine::Read;
use crate::error::Error;
use crate::flows::{Load, Write};
use crate::rest::Request;
use crate::tables::{Action, TABLES};

/// The operation that a call requests.
pub enum Operation {
    /// Resolves to rows, or null.
    Read(Read),
    /// Resolves to the row, or to nothing.
    Write(Write),
    /// Resolves to the response of another service.
    Service(Request),
}

/// Builds the operation of a special function.
type Build = fn(&Call<'_>) -> Result<Operation, Error>;

/// The functions whose action is [`Action::Special`].
static SPECIAL: [(&str, Build); 26] = [
    ("getWorkflows", lists::workflows),
    ("getWorkflowsPage", lists::workflows_page),
    ("getWorkflowWithRelations", rows::workflow_with_relations),
    ("updateWorkflow", rows::update_workflow),
    ("archiveWorkflow", rows::archive_workflow),
    ("saveWorkflowGraph", saves::workflow_graph),
    ("batchSaveWorkflows", saves::workflows),
    ("createWorkflowFromTemplate", saves::workflow_from_template),
    ("deleteWorkflowConnection", rows::delete_connection),
    ("getExecutionHistory", lists::execution_history),
    ("getExecutionsPage", lists::executions_page),
    ("getApiKeys", lists::api_keys),
    ("getApiKeysPublic", lists::api_keys_public),
    ("deleteApiKey", rows::delete_api_key),
    ("batchSaveApiKeys", saves::api_keys),
    ("storeApiKey", saves::store_api_key),
    ("revealApiKey", saves::reveal_api_key),
    ("getTemplates", lists::templates),
    ("getAuditLogs", lists::audit_logs),
    ("getAuditLogsPage", lists::audit_logs_page),
    ("inviteToWorkflow", members::invite),
    ("updateWorkflowMember", members::update),
    ("getInvitations", members::invitations),
    ("acceptInvitation", members::accept),
    ("leaveWorkflow", members::leave),
    ("getSharedWorkflows", members::shared_workflows),
];

/// The names of all functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().flat_map(|table| table.functions).map(|function| function.name)
}

/// The operation for a call of `name` with these arguments.
///
/// # Errors
/// `INVALID_INPUT`, naming the argument or field and what was expected.
pub fn operation(name: &str, call: &Call<'_>) -> Result<Operation, Error> {
    let unknown = || Error::invalid(name, "a function of db");
    // The error for an unknown function.
    if name == "callService" {
        return services::call_service(call);
    }
    let mut functions =
        TABLES.iter().flat_map(|table| table.functions.iter().map(move |function| (*table, function)));
    let (table, function) = functions.find(|(_, function)| function.name == name).ok_or_else(unknown)?;
    match function.action {
        Action::Row(column, argument) => call.row(table, column, argument),
        Action::Children(column, argument) => call.children(table, column, argument),
        Action::OfService => call.of_service(table),
        Action::OfUser => call.of_user(table),
        Action::Insert(owner) => call.insert(table, owner),
        Action::Update(argument) => call.update(table, argument),
        Action::Upsert => call.upsert(table),
        Action::Ensure => call.ensure(table),
        Action::Delete(must_exist) => call.delete(table, must_exist),
        Action::Remove => call.remove(table),
        Action::Special(_) => {
            let (_, build) = SPECIAL.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
            build(call)
        }
    }
}

fn read(key: String, load: Load) -> Operation {
    Operation::Read(Read { key, load })
}
