import { createClient } from '@supabase/supabase-js';
import { configure, ready } from 'workflow-db/react';
import { SUPABASE_KEY, SUPABASE_URL } from '../config';

/** Handles sign-in and the session. All rows go through workflow-db instead. */
export const supabase = createClient(SUPABASE_URL, SUPABASE_KEY);

/** Configures workflow-db, which follows the session of `supabase` from then on. */
export async function connect(): Promise<void> {
  await ready();
  configure({ supabase });
}
