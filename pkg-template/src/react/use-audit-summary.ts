import { useMemo } from 'react';
import type { AuditLog } from '../types.js';
import { useNewestLogs } from './use-newest-logs.js';

export interface UseAuditSummaryResult {
  /** How much the user did in all. */
  totalActions: number;
  /** How often each action is among the newest 100. */
  actionsByType: Record<string, number>;
  /** The newest 10. */
  recentActions: AuditLog[];
  /** When the newest was done; null when nothing was. */
  lastActivityTime: string | null;
}

const COUNTED = 100;
const RECENT = 10;

/**
 * What a user did, in short, live. An empty `userId` asks nothing.
 *
 * @example
 * ```tsx
 * function ActivitySummary({ userId }: { userId: string }) {
 *   const { totalActions, actionsByType, lastActivityTime } = useAuditSummary(userId);
 *   return (
 *     <p>
 *       {totalActions} actions, {actionsByType.workflow_created ?? 0} of the newest 100 new workflows, the last at{' '}
 *       {lastActivityTime ?? '–'}
 *     </p>
 *   );
 * }
 * ```
 */
export function useAuditSummary(userId: string): UseAuditSummaryResult {
  const newest = useNewestLogs(userId, COUNTED);
  return useMemo(() => {
    const { data: logs = [], total: totalActions = 0 } = newest ?? {};
    const counts = new Map<string, number>();
    for (const { action } of logs) counts.set(action, (counts.get(action) ?? 0) + 1);
    // Whatever an action is called, it is a member of its own.
    const actionsByType = Object.fromEntries(counts);
    const lastActivityTime = logs[0]?.created_at ?? null;
    return { totalActions, actionsByType, recentActions: logs.slice(0, RECENT), lastActivityTime };
  }, [newest]);
}
