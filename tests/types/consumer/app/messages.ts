// Branching on errors and unwrapping outcomes, as the app does.
import { DEFAULT_RETRY_CONFIG, DatabaseError, db } from 'workflow-db';
import type {
  ApiResponse,
  PaginatedResponse,
  RetryConfig,
  WorkflowExecution,
  WorkflowWithRelations,
} from 'workflow-db';

export function messageOf(error: unknown): string {
  if (!(error instanceof DatabaseError)) return 'Something went wrong.';
  switch (error.code) {
    case '23505':
      return 'That name is taken.';
    case 'NETWORK':
    case 'RETRY_EXHAUSTED':
      return error.originalError?.message ?? error.message;
    default:
      return `${error.message} (${error.code})`;
  }
}

export async function respond<T>(work: () => Promise<T>): Promise<ApiResponse<T>> {
  try {
    return { success: true, data: await work() };
  } catch (error) {
    return { success: false, error: { code: 'FAILED', message: messageOf(error) } };
  }
}

export async function open(id: string): Promise<WorkflowWithRelations> {
  const workflow = await db.getWorkflowWithRelations(id);
  if (!workflow) throw new DatabaseError('NOT_FOUND', 'No such workflow');
  return { ...workflow, nodes: workflow.nodes.filter((node) => node.position_x >= 0) };
}

export const nextOffset = ({
  page,
  pageSize,
  hasMore,
}: PaginatedResponse<WorkflowExecution>): number | null => (hasMore ? (page + 1) * pageSize : null);

export const patient: RetryConfig = { ...DEFAULT_RETRY_CONFIG, maxAttempts: 6 };
