//! Executions: one run of a workflow each.

use super::{table, Cascade, ExecutionStatus, Hole, KeyFormat, Timestamp, Uuid, EXECUTION_NODE_RESULTS};

table! {
    /// One run of a workflow.
    WorkflowExecution, NewWorkflowExecution, WorkflowExecutionPatch
        => WORKFLOW_EXECUTIONS = "workflow_executions",
    {
        id: Uuid = generated,
        workflow_id: Uuid = required,
        user_id: Uuid = required,
        /// `running` unless given.
        status: ExecutionStatus = generated,
        error_message: String = nullable,
        started_at: Timestamp = defaulted,
        completed_at: Timestamp = nullable,
        execution_time_ms: i32 = nullable,
        /// How many nodes the run has.
        node_count: i32 = nullable,
        created_at: Timestamp = defaulted,
    }
    row_key: Some(KeyFormat::new("execution:", &["id"])),
    list_key: Some(KeyFormat::new("executions:", &["workflow_id"])),
    holes: &[Hole::Update, Hole::Delete],
    cascades: &[Cascade { table: &EXECUTION_NODE_RESULTS, column: "execution_id" }],
    audited: true,
    scopes: &["user_id", "workflow_id", "id"],
}
