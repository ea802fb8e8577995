// Declares the names that the documentation's examples use without declaring them.
import type {
  CacheManager,
  RealtimeManager,
  Workflow,
  WorkflowConnection,
  WorkflowGraph,
  WorkflowNode,
  WorkflowWithRelations,
} from 'workflow-db';

declare global {
  const url: string;
  const key: string;
  const token: string;
  const userId: string;
  const workflowId: string;
  const templateId: string;
  const executionId: string;
  const nodeRowId: string;
  const memberId: string;
  const connectionRowId: string;
  const resultId: string;
  const keyId: string;
  const subscriptionId: string;
  const secret: string;
  const ciphertext: string;
  const workflow: Workflow;
  const nodes: WorkflowNode[];
  const connections: WorkflowConnection[];
  const base: WorkflowWithRelations;
  const theirs: WorkflowWithRelations;
  const mine: WorkflowGraph;
  const cache: CacheManager;
  const realtime: RealtimeManager;
  const App: () => null;
}
