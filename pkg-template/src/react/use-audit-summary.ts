import { useMemo } from 'react';
import type { AuditLog } from '../types.js';
import { useNewestLogs } from './use-newest-logs.js';

export interface UseAuditSummaryResult {
  /** The total number of the user's actions. */
  totalActions: number;
  /** The number of each action among the newest 100. */
  actionsByType: Record<string, number>;
  /** The newest 10. */
  recentActions: AuditLog[];
  /** When the newest action happened; null if there is none. */
  lastActivityTime: string | null;
}

const COUNTED = 100;
const RECENT = 10;

/**
 * A live summary of a user's audit log. With an empty `userId` nothing is read.
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
    // Every action becomes an own property, whatever its name.
    const actionsByType = Object.fromEntries(counts);
    const lastActivityTime = logs[0]?.created_at ?? null;
    return { totalActions, actionsByType, recentActions: logs.slice(0, RECENT), lastActivityTime };
  }, [newest]);
}
