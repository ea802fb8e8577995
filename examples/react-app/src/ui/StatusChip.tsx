import type { ExecutionStatus } from 'workflow-db/react';

const LABELS: Record<ExecutionStatus, string> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
};

export function StatusChip({ status }: { status: ExecutionStatus }) {
  return <span className={`chip ${status}`}>{LABELS[status]}</span>;
}
