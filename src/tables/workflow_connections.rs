//! Connections: the edges between a workflow's nodes.

use super::Action::{Children, Insert, Special, Update};
use super::{table, Cached, KeyFormat, MissingPolicy, Timestamp, Uuid};

table! {
    /// An edge from one node of a workflow to another.
    WorkflowConnection, NewWorkflowConnection, WorkflowConnectionPatch
        => WORKFLOW_CONNECTIONS = "workflow_connections",
    {
        id: Uuid = generated,
        workflow_id: Uuid = required,
        /// The `node_id` of the node it starts from.
        source_node_id: String = required,
        /// The `node_id` of the node it leads to.
        target_node_id: String = required,
        /// Chosen by the application, unique within the workflow.
        connection_id: String = required,
        created_at: Timestamp = defaulted,
    }
    {
        /// All connections of a workflow, ordered by creation. Calls of one tick share a request.
        /// @example const connections = await db.getWorkflowConnections(workflowId);
        getWorkflowConnections "(workflowId: string): Promise<WorkflowConnection[]>"
            = Children("workflow_id", "workflowId");
        /// Creates a connection.
        /// @throws `23505` if the two nodes are connected already.
        /// @example await db.createWorkflowConnection({ workflow_id: workflowId, connection_id: 'a-b', source_node_id: 'a', target_node_id: 'b' });
        createWorkflowConnection "(connection: NewWorkflowConnection): Promise<WorkflowConnection>" = Insert(None);
        /// Changes a connection.
        /// @param patch - the columns to change.
        /// @throws `NOT_FOUND` if there is no connection with this id that the user may change.
        /// @example await db.updateWorkflowConnection(connectionRowId, { target_node_id: 'c' });
        updateWorkflowConnection "(id: string, patch: WorkflowConnectionPatch): Promise<WorkflowConnection>"
            = Update("id");
        /// Deletes a connection. Does nothing if it does not exist.
        /// @param connectionId - the connection's `connection_id`, not its row's id.
        /// @example await db.deleteWorkflowConnection(workflowId, 'a-b');
        deleteWorkflowConnection "(workflowId: string, connectionId: string): Promise<void>" = Special(Cached::No);
    }
    list_key: Some(KeyFormat::new("workflow_connections:", &["workflow_id"])),
    missing_policies: &[MissingPolicy::Update],
    scopes: &["workflow_id"],
    names: &["connection_id"],
}
