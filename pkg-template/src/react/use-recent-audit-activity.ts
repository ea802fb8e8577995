import type { AuditLog } from '../types.js';
import { useNewestLogs } from './use-newest-logs.js';

const NONE: AuditLog[] = [];

/**
 * The newest entries of a user's audit log, live; empty until they are read. With an empty `userId` nothing is read.
 *
 * @example
 * ```tsx
 * function RecentActivity({ userId }: { userId: string }) {
 *   const logs = useRecentAuditActivity(userId, 5);
 *   return (
 *     <ul>
 *       {logs.map((log) => (
 *         <li key={log.id}>{log.action}</li>
 *       ))}
 *     </ul>
 *   );
 * }
 * ```
 */
export function useRecentAuditActivity(userId: string, limit = 20): AuditLog[] {
  return useNewestLogs(userId, limit)?.data ?? NONE;
}
