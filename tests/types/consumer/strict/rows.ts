// Rows, new rows and patches of the six tables: exactly these columns with exactly these types.
import type {
  ExecutionNodeResult,
  ExecutionNodeResultPatch,
  ExecutionStatus,
  JsonObject,
  NewExecutionNodeResult,
  NewUserProfile,
  NewWorkflow,
  NewWorkflowConnection,
  NewWorkflowExecution,
  NewWorkflowNode,
  Timestamp,
  UserProfile,
  UserProfilePatch,
  Uuid,
  Workflow,
  WorkflowConnection,
  WorkflowConnectionPatch,
  WorkflowExecution,
  WorkflowExecutionPatch,
  WorkflowNode,
  WorkflowNodePatch,
  WorkflowPatch,
  WorkflowWithRelations,
} from 'workflow-db';

export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export const yes = <T extends true>(): T | undefined => undefined;
export type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
export type Given<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? never : K }[keyof T];

interface ExpectedWorkflow {
  id: string;
  user_id: string;
  name: string;
  description: string | null;
  is_public: boolean;
  created_at: string;
  updated_at: string;
  archived_at: string | null;
}
interface ExpectedNode {
  id: string;
  workflow_id: string;
  node_type: string;
  node_id: string;
  label: string | null;
  position_x: number;
  position_y: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the app
  config: Record<string, any>;
  created_at: string;
  updated_at: string;
}
interface ExpectedConnection {
  id: string;
  workflow_id: string;
  source_node_id: string;
  target_node_id: string;
  connection_id: string;
  created_at: string;
}
interface ExpectedExecution {
  id: string;
  workflow_id: string;
  user_id: string;
  status: 'running' | 'completed' | 'failed';
  error_message: string | null;
  started_at: string;
  completed_at: string | null;
  execution_time_ms: number | null;
  node_count: number | null;
  created_at: string;
}
interface ExpectedResult {
  id: string;
  execution_id: string;
  node_id: string;
  node_type: string;
  status: 'running' | 'completed' | 'failed';
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the app
  input_data: Record<string, any> | null;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the app
  output_data: Record<string, any> | null;
  error_message: string | null;
  execution_time_ms: number | null;
  api_call_count: number;
  started_at: string;
  completed_at: string | null;
  created_at: string;
}
interface ExpectedProfile {
  id: string;
  email: string;
  full_name: string | null;
  avatar_url: string | null;
  organization: string | null;
  created_at: string;
  updated_at: string;
}
export type Plain<T> = { [K in keyof T]: T[K] };

yes<Same<Plain<Workflow>, Plain<ExpectedWorkflow>>>();
yes<Same<Plain<WorkflowNode>, Plain<ExpectedNode>>>();
yes<Same<Plain<WorkflowConnection>, Plain<ExpectedConnection>>>();
yes<Same<Plain<WorkflowExecution>, Plain<ExpectedExecution>>>();
yes<Same<Plain<ExecutionNodeResult>, Plain<ExpectedResult>>>();
yes<Same<Plain<UserProfile>, Plain<ExpectedProfile>>>();
yes<
  Same<
    Plain<WorkflowWithRelations>,
    Plain<ExpectedWorkflow & { nodes: WorkflowNode[]; connections: WorkflowConnection[] }>
  >
>();
yes<Same<Uuid | Timestamp, string>>();
yes<Same<ExecutionStatus, 'running' | 'completed' | 'failed'>>();
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the app
yes<Same<JsonObject, Record<string, any>>>();

// A new row requires the columns that are not null and have no default, and accepts every other column.
yes<Same<Given<NewWorkflow>, 'user_id' | 'name'>>();
yes<Same<Given<NewWorkflowNode>, 'workflow_id' | 'node_type' | 'node_id'>>();
yes<
  Same<Given<NewWorkflowConnection>, 'workflow_id' | 'source_node_id' | 'target_node_id' | 'connection_id'>
>();
yes<Same<Given<NewWorkflowExecution>, 'workflow_id' | 'user_id'>>();
yes<Same<Given<NewExecutionNodeResult>, 'execution_id' | 'node_id' | 'node_type'>>();
yes<Same<Given<NewUserProfile>, 'id' | 'email'>>();
yes<Same<keyof NewWorkflow, keyof Workflow>>();
yes<Same<keyof NewWorkflowNode, keyof WorkflowNode>>();
yes<Same<keyof NewWorkflowConnection, keyof WorkflowConnection>>();
yes<Same<keyof NewWorkflowExecution, keyof WorkflowExecution>>();
yes<Same<keyof NewExecutionNodeResult, keyof ExecutionNodeResult>>();
yes<Same<keyof NewUserProfile, keyof UserProfile>>();

// A patch accepts every column and requires none.
yes<Same<Given<WorkflowPatch | WorkflowNodePatch>, never>>();
yes<Same<Optional<WorkflowPatch>, keyof Workflow>>();
yes<Same<Optional<WorkflowNodePatch>, keyof WorkflowNode>>();
yes<Same<Optional<WorkflowConnectionPatch>, keyof WorkflowConnection>>();
yes<Same<Optional<WorkflowExecutionPatch>, keyof WorkflowExecution>>();
yes<Same<Optional<ExecutionNodeResultPatch>, keyof ExecutionNodeResult>>();
yes<Same<Optional<UserProfilePatch>, keyof UserProfile>>();

// @ts-expect-error -- ensures that the check itself can fail
yes<Same<Plain<Workflow>, Plain<ExpectedNode>>>();
