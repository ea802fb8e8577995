import { createClient } from '@supabase/supabase-js';
import { getOutbox, offline } from 'workflow-db/offline';
import { configure, db, ready, type DbFunctions } from 'workflow-db/react';
import { SUPABASE_KEY, SUPABASE_URL } from '../config';

/** Handles sign-in and the session. All rows go through workflow-db instead. */
export const supabase = createClient(SUPABASE_URL, SUPABASE_KEY);

/** Configures workflow-db, which follows the session of `supabase` from then on. */
export async function connect(): Promise<void> {
  await ready();
  configure({ supabase, offline: offline() });
}

const queued = db.with({ queue: true });

/**
 * The functions of `db` for writes that work offline. Like those of hooks, they resolve when the write is stored on this
 * device. Where nothing can be stored, they send it.
 */
export function queuedDb(): DbFunctions {
  return getOutbox().error === undefined ? queued : db;
}
