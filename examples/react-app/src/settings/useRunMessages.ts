import { useEffect } from 'react';
import { getRealtimeManager } from 'workflow-db/react';
import { goTo, workflowHref } from '../app/route';
import { useToast } from '../toasts/toasts';

/** Shows a message when one of the user's runs ends, wherever it was started. */
export function useRunMessages(userId: string, isOn: boolean): void {
  const toast = useToast();
  useEffect(() => {
    if (!isOn) return undefined;
    const handle = getRealtimeManager().open('workflow_executions', { scope: userId }, (change) => {
      const { id, workflow_id, status } = change.record;
      if (change.type !== 'UPDATE' || change.old?.status !== 'running' || status === 'running') return;
      toast({
        text: status === 'completed' ? 'A run is completed.' : 'A run failed.',
        tone: status === 'completed' ? 'success' : 'failure',
        action: { label: 'Show', run: () => goTo(workflowHref(workflow_id, id)) },
      });
    });
    handle.ready.catch(() => {
      // Without live changes there are no messages; the header shows that.
    });
    return () => handle.unsubscribe();
  }, [userId, isOn, toast]);
}
