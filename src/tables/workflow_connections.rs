//! Connections: which node's output feeds which node.

use super::{table, Hole, KeyFormat, Timestamp, Uuid};

table! {
    /// One edge between two nodes of a workflow.
    WorkflowConnection, NewWorkflowConnection, WorkflowConnectionPatch
        => WORKFLOW_CONNECTIONS = "workflow_connections",
    {
        id: Uuid = generated,
        workflow_id: Uuid = required,
        /// The `node_id` it comes from.
        source_node_id: String = required,
        /// The `node_id` it goes to.
        target_node_id: String = required,
        /// The app's own name for it, unique within the workflow.
        connection_id: String = required,
        created_at: Timestamp = defaulted,
    }
    list_key: Some(KeyFormat::new("workflow_connections:", &["workflow_id"])),
    holes: &[Hole::Update],
    scopes: &["workflow_id"],
    names: &["connection_id"],
}
