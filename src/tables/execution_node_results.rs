//! Results: what one node did in one execution.

use super::Action::{Children, Delete, Insert, Update};
use super::{table, ExecutionStatus, MissingPolicy, JsonObject, KeyFormat, Timestamp, Uuid};

table! {
    /// What one node did in one execution.
    ExecutionNodeResult, NewExecutionNodeResult, ExecutionNodeResultPatch
        => EXECUTION_NODE_RESULTS = "execution_node_results",
    {
        id: Uuid = generated,
        execution_id: Uuid = required,
        node_id: String = required,
        node_type: String = required,
        /// `running` unless given.
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
        /// Records what one node does in a run.
        createExecutionResult "(result: NewExecutionNodeResult): Promise<ExecutionNodeResult>" = Insert(None);
        /// Changes a node's result. Rejects with NOT_FOUND.
        updateExecutionResult "(id: string, patch: ExecutionNodeResultPatch): Promise<ExecutionNodeResult>"
            = Update("id");
        /// Deletes a node's result, if it is there.
        deleteExecutionResult "(id: string): Promise<void>" = Delete(false);
        /// What the nodes of a run did, in the order of their start. Asked together with others of the same tick.
        getExecutionResults "(executionId: string): Promise<ExecutionNodeResult[]>"
            = Children("execution_id", "executionId");
    }
    list_key: Some(KeyFormat::new("execution_results:", &["execution_id"])),
    missing_policies: &[MissingPolicy::Update, MissingPolicy::Delete],
    scopes: &["execution_id"],
}
