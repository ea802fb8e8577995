//! Workflows: what a user builds, and the root of nodes, connections and executions.

use super::{
    table, Cascade, KeyFormat, Timestamp, Uuid, WORKFLOW_CONNECTIONS, WORKFLOW_EXECUTIONS,
    WORKFLOW_FAVORITES, WORKFLOW_NODES,
};

table! {
    /// A workflow of one user.
    Workflow, NewWorkflow, WorkflowPatch => WORKFLOWS = "workflows",
    {
        /// Made by the client when left out, so that a repeated request cannot create two rows.
        id: Uuid = generated,
        /// The owner.
        user_id: Uuid = required,
        /// Unique among the owner's workflows.
        name: String = required,
        description: String = nullable,
        /// Whether every signed-in user may read it.
        is_public: bool = defaulted,
        created_at: Timestamp = defaulted,
        /// Set by the database's clock at every update.
        updated_at: Timestamp = defaulted,
        /// When it was archived; null while it is in use.
        archived_at: Timestamp = nullable,
    }
    row_key: Some(KeyFormat::new("workflow:", &["id"])),
    list_key: Some(KeyFormat::new("workflows:", &["user_id"])),
    cascades: &[
        Cascade { table: &WORKFLOW_NODES, column: "workflow_id" },
        Cascade { table: &WORKFLOW_CONNECTIONS, column: "workflow_id" },
        Cascade { table: &WORKFLOW_EXECUTIONS, column: "workflow_id" },
        Cascade { table: &WORKFLOW_FAVORITES, column: "workflow_id" },
    ],
    audited: true,
    scopes: &["user_id", "id"],
}
