import { cacheKeys } from '../keys.js';
import type { AuditLog, PaginatedResponse } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { pageKey } from './use-pages.js';
import { useQuery } from './use-query.js';

const show = (page: PaginatedResponse<AuditLog>) => page;

/** The newest entries of a user's audit log, live; undefined until they are read. */
export function useNewestLogs(userId: string, limit: number): PaginatedResponse<AuditLog> | undefined {
  userId = idOf(userId);
  const [state] = useQuery<PaginatedResponse<AuditLog>>({
    key: userId && pageKey(cacheKeys.auditLogs(userId), limit, 0),
    subject: userId,
    isAlwaysAsked: true,
    read: (db) => db.getAuditLogs(userId, limit),
    show,
  });
  useLive('audit_logs', userId, state);
  return state.data;
}
