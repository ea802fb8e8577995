import { createClient } from '@supabase/supabase-js';
import { configure, ready } from 'workflow-db';
import { SUPABASE_KEY, SUPABASE_URL } from '../config';
import { recordEvent } from './activity';

/** Signs users in and keeps their session. All rows go through `db` of workflow-db instead. */
export const supabase = createClient(SUPABASE_URL, SUPABASE_KEY);

/** Makes `db` usable: it follows the session of `supabase` from here on. */
export async function connect(): Promise<void> {
  await ready();
  configure({ supabase, onEvent: recordEvent });
}
