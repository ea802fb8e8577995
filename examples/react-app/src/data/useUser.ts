import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { supabase } from './client';

export interface SignedInUser {
  id: string;
  email: string;
}

const LAST_USER = 'lastUser';

/**
 * The signed-in user; null without one, undefined until it is known.
 *
 * Without a network, supabase-js cannot renew an expired session, and reports none. That does not count as a
 * sign-out: the last user continues to work until supabase-js reports otherwise.
 */
export function useUser(): SignedInUser | null | undefined {
  const [user, setUser] = useState<SignedInUser | null | undefined>(() =>
    navigator.onLine ? undefined : lastUser(),
  );

  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((event, session) => {
      const isSignOut = session === null && (event === 'SIGNED_OUT' || navigator.onLine);
      const next = session === null ? null : { id: session.user.id, email: session.user.email ?? '' };
      if (next !== null) localStorage.setItem(LAST_USER, JSON.stringify(next));
      else if (isSignOut) localStorage.removeItem(LAST_USER);
      // Synchronous, so that the components of the previous user are unmounted before they can read rows.
      flushSync(() => setUser(next ?? lastUser() ?? null));
    });
    return () => data.subscription.unsubscribe();
  }, []);

  return user;
}

function lastUser(): SignedInUser | undefined {
  const stored = localStorage.getItem(LAST_USER);
  return stored === null ? undefined : (JSON.parse(stored) as SignedInUser);
}
