// The way in which the app's hooks subscribe to changes.
import { getRealtimeManager } from 'workflow-db';
import type { RealtimeEvent, Workflow } from 'workflow-db';

declare function setWorkflows(next: (previous: Workflow[]) => Workflow[]): void;

export const followWorkflows = (userId: string) => {
  const realtimeManager = getRealtimeManager();
  const subscriptionId = realtimeManager.subscribe(
    'workflows',
    userId,
    (event: RealtimeEvent) => {
      if (event.type === 'INSERT') setWorkflows((previous) => [event.record, ...previous]);
      if (event.type === 'UPDATE') {
        setWorkflows((previous) => previous.map((w) => (w.id === event.record.id ? event.record : w)));
      }
      if (event.type === 'DELETE')
        setWorkflows((previous) => previous.filter((w) => w.id !== event.record.id));
    },
    `workflows-${userId}`,
  );
  return () => {
    realtimeManager.unsubscribe(subscriptionId);
  };
};
