import { useEffect, useState } from 'react';
import { db } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';

const SHOWN_SECONDS = 20;

export interface Revealed {
  /** The secret while it is shown; it is stored nowhere else. */
  secret: string | null;
  secondsLeft: number;
  isPending: boolean;
  reveal: () => void;
  hide: () => void;
}

/** Reveals a key's secret for a moment. */
export function useRevealed(keyId: string): Revealed {
  const [shown, setShown] = useState<{ secret: string; until: number } | null>(null);
  const [now, setNow] = useState(0);
  const task = useTask('The key cannot be shown.', async () => {
    const secret = await db.revealApiKey(keyId);
    setNow(Date.now());
    setShown({ secret, until: Date.now() + SHOWN_SECONDS * 1000 });
  });

  useEffect(() => {
    if (shown === null) return undefined;
    const tick = () => {
      if (Date.now() >= shown.until) setShown(null);
      else setNow(Date.now());
    };
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [shown]);

  return {
    secret: shown?.secret ?? null,
    secondsLeft: shown === null ? 0 : Math.max(1, Math.ceil((shown.until - now) / 1000)),
    isPending: task.isPending,
    reveal: () => void task.run(),
    hide: () => setShown(null),
  };
}
