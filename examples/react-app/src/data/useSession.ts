import type { Session } from '@supabase/supabase-js';
import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { supabase } from './client';

/** The session of the signed-in user; null without one, undefined until it is known. */
export function useSession(): Session | null | undefined {
  const [session, setSession] = useState<Session | null>();

  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((_event, next) => {
      // Synchronously, so that no component of the previous user is left to read rows.
      flushSync(() => setSession(next));
    });
    return () => data.subscription.unsubscribe();
  }, []);

  return session;
}
