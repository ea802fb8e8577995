//! Nodes: the steps of a workflow, placed on its canvas.

use super::Action::{Children, Delete, Insert, Update};
use super::{table, JsonObject, KeyFormat, Timestamp, Uuid};

table! {
    /// A step of a workflow.
    WorkflowNode, NewWorkflowNode, WorkflowNodePatch => WORKFLOW_NODES = "workflow_nodes",
    {
        id: Uuid = generated,
        workflow_id: Uuid = required,
        /// The type of the step, defined by the application.
        node_type: String = required,
        /// Chosen by the application, unique within the workflow.
        node_id: String = required,
        label: String = nullable,
        position_x: f64 = defaulted,
        position_y: f64 = defaulted,
        config: JsonObject = defaulted,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    {
        /// All nodes of a workflow, ordered by creation. Calls of one tick share a request.
        /// @example const nodes = await db.getWorkflowNodes(workflowId);
        getWorkflowNodes "(workflowId: string): Promise<WorkflowNode[]>" = Children("workflow_id", "workflowId");
        /// Creates a node.
        /// @throws `23505` if the workflow has a node with this `node_id`.
        /// @example await db.createWorkflowNode({ workflow_id: workflowId, node_id: 'start', node_type: 'trigger', position_x: 0, position_y: 0, config: {} });
        createWorkflowNode "(node: NewWorkflowNode): Promise<WorkflowNode>" = Insert(None);
        /// Changes a node.
        /// @param patch - the columns to change.
        /// @throws `NOT_FOUND` if there is no node with this id that the user may change.
        /// @example await db.updateWorkflowNode(nodeRowId, { position_x: 120, position_y: 40 });
        updateWorkflowNode "(id: string, patch: WorkflowNodePatch): Promise<WorkflowNode>" = Update("id");
        /// Deletes a node. Does nothing if it does not exist.
        /// @example await db.deleteWorkflowNode(nodeRowId);
        deleteWorkflowNode "(id: string): Promise<void>" = Delete(false);
    }
    list_key: Some(KeyFormat::new("workflow_nodes:", &["workflow_id"])),
    scopes: &["workflow_id"],
}
