//! Nodes: the steps of a workflow, placed on its canvas.

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
    list_key: Some(KeyFormat::new("workflow_nodes:", &["workflow_id"])),
    scopes: &["workflow_id"],
}
