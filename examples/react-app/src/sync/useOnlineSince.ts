import { useEffect, useState } from 'react';

/** When the browser was last connected to a network, or the page was loaded: writes from before are a backlog. */
export function useOnlineSince(): number {
  const [since, setSince] = useState(Date.now);

  useEffect(() => {
    const note = () => setSince(Date.now());
    window.addEventListener('online', note);
    return () => window.removeEventListener('online', note);
  }, []);

  return since;
}
