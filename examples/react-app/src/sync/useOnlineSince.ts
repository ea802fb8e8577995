import { useState } from 'react';

/** When `isOnline` became true last, or the page was loaded: writes from before are a backlog. */
export function useOnlineSince(isOnline: boolean): number {
  const [last, setLast] = useState(() => ({ isOnline, since: Date.now() }));
  // Changed while rendering, not in an effect: no screen may show the new status with the old time.
  if (last.isOnline !== isOnline) setLast({ isOnline, since: Date.now() });
  return last.since;
}
