//! Database functions: several rows in one transaction, encrypted API keys, and members of workflows.
//!
//! `supabase/migrations/…_atomic_saves.sql` and the files in `supabase/optional` create them. Where those have not been
//! applied, calls fail with `MIGRATION_REQUIRED`.

use super::write::Condition;
use crate::data::Form;
use crate::error::{code, Error, Report};
use crate::json::json_text;
use crate::rest::Request;
use crate::tables::{
    table_named, Table, API_KEYS, AUDIT_LOGS, WORKFLOWS, WORKFLOW_INVITATIONS, WORKFLOW_MEMBERS,
    WORKFLOW_MEMBERS_MIGRATION,
};

/// The migration that creates the functions for saves.
const ATOMIC_SAVES: &str = "supabase/migrations/20260101000500_atomic_saves.sql";
/// The migration that creates the function for saves that merge.
const MERGED_SAVES: &str = "supabase/migrations/20260201000700_merged_saves.sql";
/// The optional migration that creates the functions for secrets.
const ENCRYPTED_API_KEYS: &str = "supabase/optional/20260101001000_encrypted_api_keys.sql";
/// The optional migration that the API relay needs.
pub const API_RELAY: &str = "supabase/optional/20260301000100_api_relay.sql";
/// The migration that adds missing policies.
pub const MISSING_POLICIES: &str = "supabase/migrations/20260101000100_missing_policies.sql";

/// A database function.
#[derive(Clone, Copy, PartialEq)]
pub enum DatabaseFunction {
    /// Replaces a workflow's nodes and connections.
    SaveGraph,
    /// Replaces a workflow's nodes and connections, provided that they are the expected ones.
    SaveMergedGraph,
    /// Creates a workflow from a template.
    FromTemplate,
    /// Creates or replaces workflows with their nodes and connections.
    SaveWorkflows,
    /// Creates or replaces API keys.
    SaveKeys,
    /// Creates or replaces one API key with an encrypted secret.
    StoreKey,
    /// Returns the secret of an API key.
    RevealKey,
    /// Makes the signed-in user a member of a workflow.
    AcceptInvitation,
    /// Ends the membership of the signed-in user.
    LeaveWorkflow,
}

/// A call of a database function.
#[derive(Clone)]
pub struct FunctionCall {
    /// The function.
    pub function: DatabaseFunction,
    /// Its arguments as a JSON object.
    pub body: String,
    /// The expected version of the workflow, for functions that save one graph.
    pub condition: Option<Condition>,
    /// The graph that the edit started from, as JSON, for [`DatabaseFunction::SaveMergedGraph`].
    pub base: Option<String>,
    /// The id, if the call concerns a single workflow.
    pub workflow_id: Option<String>,
    /// The template whose usage count increases.
    pub template_id: Option<String>,
}

impl DatabaseFunction {
    fn name(self) -> &'static str {
        match self {
            Self::SaveGraph => "save_workflow_graph",
            Self::SaveMergedGraph => "save_merged_workflow_graph",
            Self::FromTemplate => "create_workflow_from_template",
            Self::SaveWorkflows => "batch_save_workflows",
            Self::SaveKeys => "batch_save_api_keys",
            Self::StoreKey => "store_api_key",
            Self::RevealKey => "reveal_api_key",
            Self::AcceptInvitation => "accept_workflow_invitation",
            Self::LeaveWorkflow => "leave_workflow",
        }
    }

    /// The migration that creates the function.
    fn migration(self) -> &'static str {
        match self {
            Self::StoreKey | Self::RevealKey => ENCRYPTED_API_KEYS,
            Self::AcceptInvitation | Self::LeaveWorkflow => WORKFLOW_MEMBERS_MIGRATION,
            Self::SaveMergedGraph => MERGED_SAVES,
            _ => ATOMIC_SAVES,
        }
    }

    /// Whether the arguments or the result contain a secret.
    fn carries_secret(self) -> bool {
        matches!(self, Self::SaveKeys | Self::StoreKey | Self::RevealKey)
    }

    /// The table that it writes. For workflows this includes their nodes and connections.
    pub fn table(self) -> &'static Table {
        match self {
            Self::SaveKeys | Self::StoreKey => &API_KEYS,
            // The key itself does not change, but revealing it is recorded.
            Self::RevealKey => &AUDIT_LOGS,
            Self::AcceptInvitation | Self::LeaveWorkflow => &WORKFLOW_MEMBERS,
            _ => &WORKFLOWS,
        }
    }

    /// The form of the result.
    fn form(self) -> Form {
        match self {
            Self::SaveWorkflows | Self::SaveKeys | Self::LeaveWorkflow => Form::Rows,
            Self::RevealKey => Form::Text,
            _ => Form::Object,
        }
    }

    /// Whether the function refuses to repeat its own work, so that a replay has to be marked as one.
    pub fn knows_replays(self) -> bool {
        self.saves_one_graph() || matches!(self, Self::SaveWorkflows | Self::SaveKeys)
    }

    /// Whether it replaces the nodes and connections of one workflow.
    pub fn saves_one_graph(self) -> bool {
        matches!(self, Self::SaveGraph | Self::SaveMergedGraph)
    }
}

impl FunctionCall {
    /// A call without a condition that counts no template usage.
    pub fn new(function: DatabaseFunction, body: String, workflow_id: Option<String>) -> Self {
        Self { function, body, condition: None, base: None, workflow_id, template_id: None }
    }

    /// The first request.
    pub fn request(&self) -> Request {
        self.request_with("")
    }

    /// The same request after a lost response: existing rows are accepted if they are equal.
    pub fn replay(&self) -> Request {
        self.request_with(",\"p_replay\":true")
    }

    fn request_with(&self, more: &str) -> Request {
        let arguments = self.body.strip_suffix('}').unwrap_or(&self.body);
        let condition = self
            .condition
            .as_ref()
            .map(|condition| [",\"p_if_updated_at\":", &json_text(condition.updated_at())].concat());
        let body = [arguments, condition.as_deref().unwrap_or_default(), more, "}"].concat();
        let request = Request::call(self.function.name(), body, self.function.form());
        Request { carries_secret: self.function.carries_secret(), ..request }
    }

    /// The error of a failed call, translated for the caller.
    pub fn refused(&self, error: Error) -> Error {
        match &*error.code {
            // An unknown function: the one called, or one that it calls.
            "PGRST202" | "42883" => migration_required(self.function.migration()).after(error.attempts),
            // A visitor, or any user once only the API relay may read keys.
            "42501" if self.function == DatabaseFunction::RevealKey => not_revealed(&error),
            _ => error,
        }
    }
}

/// The error of a request about `table`, with the package's own error if the database lacks an optional table.
pub fn explained(table: &str, error: Error) -> Error {
    let invitations = (table == WORKFLOW_INVITATIONS.name).then_some(&WORKFLOW_INVITATIONS);
    let optional = table_named(table).or(invitations).and_then(|table| table.made_by);
    let migration = match &*error.code {
        // Unknown table or function. `PostgREST` 12 reports an unknown table as 42P01, later versions as PGRST205.
        "42P01" | "PGRST205" | "PGRST202" => optional,
        // `PostgREST` 12 reports only the status for a write to an unknown table.
        code::UNKNOWN_ERROR if error.status == Some(404) => optional,
        // Unknown relationship: only members may be missing.
        "PGRST200" => Some(WORKFLOW_MEMBERS_MIGRATION),
        _ => None,
    };
    match migration {
        Some(file) => migration_required(file).after(error.attempts),
        None => error,
    }
}

/// The database refuses to reveal keys to this caller.
fn not_revealed(error: &Error) -> Error {
    let hint =
        "With the API relay no browser reveals keys: use db.callService. Without it, only signed-in users do";
    Report {
        status: error.status,
        hint: Some(hint.to_owned()),
        attempts: error.attempts,
        ..Report::new(error.code.clone(), "The database does not reveal API keys to this user")
    }
    .into()
}

/// Whether existing rows conflict.
pub fn is_taken(error: &Error) -> bool {
    error.is(code::CONFLICT) || error.is("23505")
}

/// The database lacks what `file` adds.
pub fn migration_required(file: &str) -> Error {
    let message = "The database lacks something that the package's migrations add";
    let hint = ["Run ", file, " from the package, and the migrations after it"].concat();
    Report { hint: Some(hint), ..Report::new(code::MIGRATION_REQUIRED, message) }.into()
}
