//! Nodes: the steps of a workflow, placed on its canvas.

use super::Action::{Children, Delete, Insert, Update};
use super::{table, JsonObject, KeyFormat, Timestamp, Uuid};

table! {
    /// One step of a workflow.
    WorkflowNode, NewWorkflowNode, WorkflowNodePatch => WORKFLOW_NODES = "workflow_nodes",
    {
        id: Uuid = generated,
        workflow_id: Uuid = required,
        /// What the step does, in the app's vocabulary.
        node_type: String = required,
        /// The app's own name for it, unique within the workflow.
        node_id: String = required,
        label: String = nullable,
        position_x: f64 = defaulted,
        position_y: f64 = defaulted,
        config: JsonObject = defaulted,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    {
        /// A workflow's nodes in the order of their creation. Asked together with others of the same tick.
        getWorkflowNodes "(workflowId: string): Promise<WorkflowNode[]>" = Children("workflow_id", "workflowId");
        /// Creates a node. Rejects with 23505 when the workflow has one of that `node_id`.
        createWorkflowNode "(node: NewWorkflowNode): Promise<WorkflowNode>" = Insert(None);
        /// Changes a node. Rejects with NOT_FOUND.
        updateWorkflowNode "(id: string, patch: WorkflowNodePatch): Promise<WorkflowNode>" = Update("id");
        /// Deletes a node, if it is there.
        deleteWorkflowNode "(id: string): Promise<void>" = Delete(false);
    }
    list_key: Some(KeyFormat::new("workflow_nodes:", &["workflow_id"])),
    scopes: &["workflow_id"],
}
