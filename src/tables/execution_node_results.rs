//! Results: what each node did in an execution.

use super::Action::{Children, Delete, Insert, Update};
use super::{table, ExecutionStatus, JsonObject, KeyFormat, MissingPolicy, Timestamp, Uuid};

table! {
    /// What one node did in an execution.
    ExecutionNodeResult, NewExecutionNodeResult, ExecutionNodeResultPatch
        => EXECUTION_NODE_RESULTS = "execution_node_results",
    {
        id: Uuid = generated,
        execution_id: Uuid = required,
        node_id: String = required,
        node_type: String = required,
        /// `running` by default.
        status: ExecutionStatus = generated,
        input_data: JsonObject = nullable,
        output_data: JsonObject = nullable,
        error_message: String = nullable,
        execution_time_ms: i32 = nullable,
        api_call_count: i32 = defaulted,
        started_at: Timestamp = defaulted,
        completed_at: Timestamp = nullable,
        created_at: Timestamp = defaulted,
    }
    {
        /// Records what a node did in an execution.
        /// @example await db.createExecutionResult({ execution_id: executionId, node_id: 'start', node_type: 'trigger' });
        createExecutionResult "(result: NewExecutionNodeResult): Promise<ExecutionNodeResult>" = Insert(None);
        /// Changes a node's result.
        /// @param patch - the columns to change.
        /// @throws `NOT_FOUND` if there is no result with this id that the user may change.
        /// @example await db.updateExecutionResult(resultId, { status: 'completed' });
        updateExecutionResult "(id: string, patch: ExecutionNodeResultPatch): Promise<ExecutionNodeResult>"
            = Update("id");
        /// Deletes a node's result. Does nothing if it does not exist.
        /// @example await db.deleteExecutionResult(resultId);
        deleteExecutionResult "(id: string): Promise<void>" = Delete(false);
        /// All node results of an execution, ordered by creation. Calls of one tick share a request.
        /// @example const results = await db.getExecutionResults(executionId);
        getExecutionResults "(executionId: string): Promise<ExecutionNodeResult[]>"
            = Children("execution_id", "executionId");
    }
    list_key: Some(KeyFormat::new("execution_results:", &["execution_id"])),
    missing_policies: &[MissingPolicy::Update, MissingPolicy::Delete],
    scopes: &["execution_id"],
}
