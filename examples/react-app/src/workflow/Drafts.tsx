import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { DraftContext, type Draft } from './drafts';

/** Keeps unsaved changes while the user visits other pages, and asks before the window is closed. */
export function Drafts({ children }: { children: ReactNode }) {
  const [drafts, setDrafts] = useState<Record<string, Draft>>({});
  const change = useCallback((workflowId: string, next: (draft: Draft | undefined) => Draft | undefined) => {
    setDrafts(({ [workflowId]: draft, ...others }) => {
      const changed = next(draft);
      return changed === undefined ? others : { ...others, [workflowId]: changed };
    });
  }, []);
  const store = useMemo(() => ({ drafts, change }), [drafts, change]);

  const isDirty = Object.keys(drafts).length > 0;
  useEffect(() => {
    if (!isDirty) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isDirty]);

  return <DraftContext value={store}>{children}</DraftContext>;
}
