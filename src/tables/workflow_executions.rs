//! Executions: one run of a workflow each.

use super::Action::{Delete, Insert, Row, Special, Update};
use super::{
    table, Cached, Cascade, ExecutionStatus, MissingPolicy, KeyFormat, Timestamp, Uuid, EXECUTION_NODE_RESULTS,
};

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
    {
        /// Records the start of a run.
        createExecution "(execution: NewWorkflowExecution): Promise<WorkflowExecution>" = Insert(None);
        /// A run, or null. Asked together with others of the same tick.
        getExecution "(id: string): Promise<WorkflowExecution | null>" = Row("id", "id");
        /// Changes a run. Rejects with NOT_FOUND.
        updateExecution "(id: string, patch: WorkflowExecutionPatch): Promise<WorkflowExecution>" = Update("id");
        /// Deletes a run with its results, if it is there.
        deleteExecution "(id: string): Promise<void>" = Delete(false);
        /// A page of a workflow's runs, newest first, with the number of all. Always asks the server.
        getExecutionHistory "(workflowId: string, limit?: number, offset?: number): Promise<PaginatedResponse<WorkflowExecution>>"
        /// A page of a user's runs. A date without time includes that whole day.
        or "(query: ExecutionHistoryQuery): Promise<PaginatedResponse<WorkflowExecution>>" = Special(Cached::No);
        /// A page of a user's runs, which a cursor of a neighbouring page names.
        getExecutionsPage "(query: ExecutionPageQuery): Promise<CursorPage<WorkflowExecution>>" = Special(Cached::No);
    }
    row_key: Some(KeyFormat::new("execution:", &["id"])),
    list_key: Some(KeyFormat::new("executions:", &["workflow_id"])),
    missing_policies: &[MissingPolicy::Update, MissingPolicy::Delete],
    cascades: &[Cascade { table: &EXECUTION_NODE_RESULTS, column: "execution_id" }],
    audited: true,
    scopes: &["user_id", "workflow_id", "id"],
}
