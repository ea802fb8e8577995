//! Executions: runs of workflows.

use super::Action::{Delete, Insert, Row, Special, Update};
use super::{
    table, Cached, Cascade, ExecutionStatus, KeyFormat, MissingPolicy, Timestamp, Uuid,
    EXECUTION_NODE_RESULTS,
};

table! {
    /// A run of a workflow.
    WorkflowExecution, NewWorkflowExecution, WorkflowExecutionPatch
        => WORKFLOW_EXECUTIONS = "workflow_executions",
    {
        id: Uuid = generated,
        workflow_id: Uuid = required,
        user_id: Uuid = required,
        /// `running` by default.
        status: ExecutionStatus = generated,
        error_message: String = nullable,
        started_at: Timestamp = defaulted,
        completed_at: Timestamp = nullable,
        execution_time_ms: i32 = nullable,
        /// The number of nodes in the run.
        node_count: i32 = nullable,
        created_at: Timestamp = defaulted,
    }
    {
        /// Records the start of an execution.
        /// @example const execution = await db.createExecution({ workflow_id: workflowId, user_id: userId });
        createExecution "(execution: NewWorkflowExecution): Promise<WorkflowExecution>" = Insert(None);
        /// An execution, or null. Calls of one tick share a request.
        /// @example const execution = await db.getExecution(executionId);
        getExecution "(id: string): Promise<WorkflowExecution | null>" = Row("id", "id");
        /// Changes an execution.
        /// @param patch - the columns to change.
        /// @throws `NOT_FOUND` if there is no execution with this id that the user may change.
        /// @example await db.updateExecution(executionId, { status: 'completed' });
        updateExecution "(id: string, patch: WorkflowExecutionPatch): Promise<WorkflowExecution>" = Update("id");
        /// Deletes an execution with its results. Does nothing if it does not exist.
        /// @example await db.deleteExecution(executionId);
        deleteExecution "(id: string): Promise<void>" = Delete(false);
        /// A page of a workflow's executions with their total, newest first. Always asks the server.
        /// @param limit - the page size; 50 by default.
        /// @param offset - the number of executions to skip; 0 by default.
        /// @example const { data, total } = await db.getExecutionHistory(workflowId, 20);
        getExecutionHistory "(workflowId: string, limit?: number, offset?: number): Promise<PaginatedResponse<WorkflowExecution>>"
        /// A page of the executions that a query selects, newest first.
        /// @example const failed = await db.getExecutionHistory({ userId, status: 'failed', startDate: '2024-02-01' });
        or "(query: ExecutionHistoryQuery): Promise<PaginatedResponse<WorkflowExecution>>" = Special(Cached::No);
        /// One page of a user's executions. `nextCursor` and `prevCursor` of the result select the neighboring
        /// pages.
        /// @throws `INVALID_INPUT` if the cursor belongs to another list.
        /// @example const page = await db.getExecutionsPage({ userId, pageSize: 20 });
        getExecutionsPage "(query: ExecutionPageQuery): Promise<CursorPage<WorkflowExecution>>" = Special(Cached::No);
    }
    row_key: Some(KeyFormat::new("execution:", &["id"])),
    list_key: Some(KeyFormat::new("executions:", &["workflow_id"])),
    missing_policies: &[MissingPolicy::Update, MissingPolicy::Delete],
    cascades: &[Cascade { table: &EXECUTION_NODE_RESULTS, column: "execution_id" }],
    audited: true,
    scopes: &["user_id", "workflow_id", "id"],
}
