import { useEffect, useState } from 'react';
import { getRealtimeManager, type SubscriptionStatus, type TableName } from 'workflow-db/react';

/**
 * Keeps what is cached of a table right, whoever changes it, and answers how the subscription stands. Without a scope, all
 * rows that the user may see are meant.
 */
export function useFollow(table: TableName, scope?: string): SubscriptionStatus {
  const [status, setStatus] = useState<SubscriptionStatus>('connecting');

  useEffect(() => {
    const handle = getRealtimeManager().open(table, scope === undefined ? {} : { scope }, () => {});
    handle.onStatus = setStatus;
    handle.ready.catch(() => {
      // `status` says the same.
    });
    setStatus(handle.status);
    return () => {
      handle.onStatus = undefined;
      handle.unsubscribe();
    };
  }, [table, scope]);

  return status;
}
