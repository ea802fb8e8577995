import { createClient } from '@supabase/supabase-js';
import { configure, ready } from 'workflow-db/react';
import { SUPABASE_KEY, SUPABASE_URL } from '../config';

/** Signs users in and keeps their session. All rows go through workflow-db instead. */
export const supabase = createClient(SUPABASE_URL, SUPABASE_KEY);

/** Makes the hooks and `db` usable: they follow the session of `supabase` from here on. */
export async function connect(): Promise<void> {
  await ready();
  configure({ supabase });
}
