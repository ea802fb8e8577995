import { useCallback, useMemo } from 'react';
import { cacheKeys } from '../keys.js';
import type { AuditLog, AuditLogQuery } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { useIsLive, type LiveOptions } from './provider.js';
import type { ReadState } from './results.js';
import { usePages, type PageActions } from './use-pages.js';
import { useRefresh } from './use-query.js';

export interface UseAuditLogsOptions extends LiveOptions {
  /** The page size; 50 by default. */
  pageSize?: number | undefined;
  /** Limits the result to this type of resource, such as `workflow`. */
  resourceType?: string | undefined;
  /** Limits the result to this action, such as `workflow_created`. */
  action?: string | undefined;
}

export interface UseAuditLogsResult extends ReadState, PageActions {
  /** The page's entries, newest first; the previous page's until they are read. */
  logs: AuditLog[];
  /** The total number of entries. */
  total: number;
  /** Starts at 0. */
  page: number;
  pageSize: number;
  /** Whether there are further pages. */
  hasMore: boolean;
  /** Asks the server. Never rejects; errors are in `error`. */
  refreshLogs: () => Promise<void>;
  /** The shown entries with this action. */
  getLogsByAction: (action: string) => AuditLog[];
  /** The shown entries for this type of resource. */
  getLogsByResource: (resourceType: string) => AuditLog[];
}

const NONE: AuditLog[] = [];

/**
 * A user's audit log, page by page. Changing the filter or the page size returns to the first page. With an empty
 * `userId` nothing is read.
 *
 * @example
 * ```tsx
 * function AuditTrail({ userId, action }: { userId: string; action?: string }) {
 *   const { logs, total, page, pageSize, hasMore, loading, nextPage, prevPage, refreshLogs } = useAuditLogs(userId, {
 *     action,
 *     pageSize: 20,
 *   });
 *   return (
 *     <section aria-busy={loading}>
 *       <ul>
 *         {logs.map((log) => (
 *           <li key={log.id}>
 *             {log.created_at} {log.action}
 *           </li>
 *         ))}
 *       </ul>
 *       Page {page + 1} of {Math.ceil(total / pageSize)}
 *       <button onClick={prevPage} disabled={page === 0}>Back</button>
 *       <button onClick={nextPage} disabled={!hasMore}>Next</button>
 *       <button onClick={refreshLogs}>Refresh</button>
 *     </section>
 *   );
 * }
 * ```
 */
export function useAuditLogs(userId: string, options: UseAuditLogsOptions = {}): UseAuditLogsResult {
  userId = idOf(userId);
  const { pageSize = 50 } = options;
  // An empty selection, as in a form.
  const resourceType = options.resourceType || undefined;
  const action = options.action || undefined;
  const subject = userId && cacheKeys.auditLogs(userId);
  const filter: Pick<AuditLogQuery, 'resourceType' | 'action'> = {
    ...(resourceType === undefined ? {} : { resourceType }),
    ...(action === undefined ? {} : { action }),
  };
  const { state, query, page, actions } = usePages<AuditLog>(
    {
      list: subject && subject + variantOf(filter),
      subject,
      pageSize,
      read: (db, limit, offset) => db.getAuditLogs({ userId, ...filter, limit, offset }),
      show: (shown) => {
        // Until the new filter's result arrives, show only those of the previous entries that match it.
        const data = shown.data.filter((log) => isAdmitted(log, filter));
        return data.length === shown.data.length ? shown : { ...shown, data };
      },
    },
    options,
  );
  useLive('audit_logs', userId, state, useIsLive(options));

  const refreshLogs = useRefresh([query]);
  const { data, loading, isFetching, error } = state;
  const { data: logs = NONE, total = 0, hasMore = false } = data ?? {};
  const getLogsByAction = useCallback(
    (wanted: string) => logs.filter((log) => log.action === wanted),
    [logs],
  );
  const getLogsByResource = useCallback(
    (wanted: string) => logs.filter((log) => log.resource_type === wanted),
    [logs],
  );
  return useMemo(
    () => ({
      ...{ logs, total, page, pageSize, hasMore, loading, error, isFetching },
      ...actions,
      ...{ refreshLogs, getLogsByAction, getLogsByResource },
    }),
    [
      ...[logs, total, page, pageSize, hasMore, loading, error, isFetching],
      ...[actions, refreshLogs, getLogsByAction, getLogsByResource],
    ],
  );
}

function isAdmitted(log: AuditLog, { resourceType, action }: Pick<AuditLogQuery, 'resourceType' | 'action'>) {
  return (
    (resourceType === undefined || log.resource_type === resourceType) &&
    (action === undefined || log.action === action)
  );
}

/**
 * The suffix that the engine adds to a list's key for a filter. Characters that structure a key are encoded in
 * values.
 */
function variantOf({ resourceType, action }: Pick<AuditLogQuery, 'resourceType' | 'action'>): string {
  const encoded = (value: string) => value.replace(/[&=?%]/g, (character) => encodeURIComponent(character));
  const parts = [
    ...(resourceType === undefined ? [] : [`resource_type=${encoded(resourceType)}`]),
    ...(action === undefined ? [] : [`action=${encoded(action)}`]),
  ];
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
