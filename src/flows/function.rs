//! Functions of the database: several rows in one transaction, and encrypted API keys.
//!
//! They are made by `supabase/migrations/…_atomic_saves.sql` and `supabase/optional/…_encrypted_api_keys.sql`; where
//! those did not run, calls end with `MIGRATION_REQUIRED`.

use super::write::Condition;
use crate::data::Form;
use crate::error::{code, Error, Report};
use crate::json::json_text;
use crate::rest::Request;
use crate::tables::{Table, API_KEYS, AUDIT_LOGS, WORKFLOWS};

/// The migration that makes the functions for saves.
const ATOMIC_SAVES: &str = "supabase/migrations/20260101000500_atomic_saves.sql";
/// The optional migration that makes those for secrets.
const ENCRYPTED_API_KEYS: &str = "supabase/optional/20260101001000_encrypted_api_keys.sql";
/// The migration that adds policies.
pub const MISSING_POLICIES: &str = "supabase/migrations/20260101000100_missing_policies.sql";

/// A function of the database.
#[derive(Clone, Copy, PartialEq)]
pub enum DatabaseFunction {
    /// Makes a workflow's nodes and connections those that are given.
    SaveGraph,
    /// Makes a workflow from a template.
    FromTemplate,
    /// Creates or replaces workflows with their nodes and connections.
    SaveWorkflows,
    /// Creates or replaces API keys.
    SaveKeys,
    /// Creates or replaces one API key, whose secret is encrypted.
    StoreKey,
    /// Answers the secret of an API key.
    RevealKey,
}

/// A call of such a function.
#[derive(Clone)]
pub struct FunctionCall {
    /// Which one.
    pub function: DatabaseFunction,
    /// Its arguments as a JSON object.
    pub body: String,
    /// The version of the workflow that it is meant for, of [`DatabaseFunction::SaveGraph`].
    pub condition: Option<Condition>,
    /// The one workflow that it is about, if it is one.
    pub workflow_id: Option<String>,
    /// The template whose uses it counts.
    pub template_id: Option<String>,
}

impl DatabaseFunction {
    fn name(self) -> &'static str {
        match self {
            Self::SaveGraph => "save_workflow_graph",
            Self::FromTemplate => "create_workflow_from_template",
            Self::SaveWorkflows => "batch_save_workflows",
            Self::SaveKeys => "batch_save_api_keys",
            Self::StoreKey => "store_api_key",
            Self::RevealKey => "reveal_api_key",
        }
    }

    /// The file that makes it.
    fn migration(self) -> &'static str {
        if self.carries_secret() {
            ENCRYPTED_API_KEYS
        } else {
            ATOMIC_SAVES
        }
    }

    /// Whether what is sent or answered is a secret.
    fn carries_secret(self) -> bool {
        matches!(self, Self::StoreKey | Self::RevealKey)
    }

    /// The table whose rows it writes; of workflows, those that belong to them too.
    pub fn table(self) -> &'static Table {
        match self {
            Self::SaveKeys | Self::StoreKey => &API_KEYS,
            // Of a key nothing changes, but it is recorded that it was revealed.
            Self::RevealKey => &AUDIT_LOGS,
            _ => &WORKFLOWS,
        }
    }

    /// What it answers.
    fn form(self) -> Form {
        match self {
            Self::SaveWorkflows | Self::SaveKeys => Form::Rows,
            Self::RevealKey => Form::Text,
            _ => Form::Object,
        }
    }

    /// Whether it refuses what its own repetition meets, so that this has to say that it is one.
    pub fn knows_replays(self) -> bool {
        matches!(self, Self::SaveGraph | Self::SaveWorkflows | Self::SaveKeys)
    }
}

impl FunctionCall {
    /// A call that is neither meant for a version nor counts the use of a template.
    pub fn new(function: DatabaseFunction, body: String, workflow_id: Option<String>) -> Self {
        Self { function, body, condition: None, workflow_id, template_id: None }
    }

    /// The first request.
    pub fn request(&self) -> Request {
        self.request_with("")
    }

    /// The same once more, after an answer was lost: what is there already is right if it is equal.
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

    /// The error of a call, in the words of the package.
    pub fn refused(&self, error: Error) -> Error {
        match &*error.code {
            // Unknown function: the one that is called, or one that it calls.
            "PGRST202" | "42883" => migration_required(self.function.migration()).after(error.attempts),
            _ => error,
        }
    }
}

/// Whether rows are in the way.
pub fn is_taken(error: &Error) -> bool {
    error.is(code::CONFLICT) || error.is("23505")
}

/// The database lacks what `file` adds.
pub fn migration_required(file: &str) -> Error {
    let message = "The database lacks something that the package's migrations add";
    let hint = ["Run ", file, ", which the package carries, and the migrations after it"].concat();
    Report { hint: Some(hint), ..Report::new(code::MIGRATION_REQUIRED, message) }.into()
}
