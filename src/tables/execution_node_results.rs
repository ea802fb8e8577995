//! Results: what one node did in one execution.

use super::{table, ExecutionStatus, Hole, JsonObject, KeyFormat, Timestamp, Uuid};

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
    list_key: Some(KeyFormat::new("execution_results:", &["execution_id"])),
    holes: &[Hole::Update, Hole::Delete],
    scopes: &["execution_id"],
}
