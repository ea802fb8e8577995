//! Connections: which node's output feeds which node.

use super::Action::{Children, Insert, Special, Update};
use super::{table, Cached, MissingPolicy, KeyFormat, Timestamp, Uuid};

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
    {
        /// A workflow's connections in the order of their creation. Asked together with others of the same tick.
        getWorkflowConnections "(workflowId: string): Promise<WorkflowConnection[]>"
            = Children("workflow_id", "workflowId");
        /// Creates a connection. Rejects with 23505 when the two nodes are connected already.
        createWorkflowConnection "(connection: NewWorkflowConnection): Promise<WorkflowConnection>" = Insert(None);
        /// Changes a connection. Rejects with NOT_FOUND.
        updateWorkflowConnection "(id: string, patch: WorkflowConnectionPatch): Promise<WorkflowConnection>"
            = Update("id");
        /// Deletes the connection of that `connection_id`, if it is there.
        deleteWorkflowConnection "(workflowId: string, connectionId: string): Promise<void>" = Special(Cached::No);
    }
    list_key: Some(KeyFormat::new("workflow_connections:", &["workflow_id"])),
    missing_policies: &[MissingPolicy::Update],
    scopes: &["workflow_id"],
    names: &["connection_id"],
}
