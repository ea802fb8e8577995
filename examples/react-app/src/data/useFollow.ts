import { useEffect, useState } from 'react';
import { getRealtimeManager, type SubscriptionStatus, type TableName } from 'workflow-db/react';

/**
 * Keeps the cached rows of a table up to date, and returns the subscription's status. Without a scope, it follows all
 * rows that the user may see.
 */
export function useFollow(table: TableName, scope?: string): SubscriptionStatus {
  const [status, setStatus] = useState<SubscriptionStatus>('connecting');

  useEffect(() => {
    const handle = getRealtimeManager().open(table, scope === undefined ? {} : { scope }, () => {});
    handle.onStatus = setStatus;
    handle.ready.catch(() => {
      // `status` reports the same error.
    });
    setStatus(handle.status);
    return () => {
      handle.onStatus = undefined;
      handle.unsubscribe();
    };
  }, [table, scope]);

  return status;
}
