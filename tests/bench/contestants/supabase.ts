import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { Env } from './env.js';

export const newSupabase = ({ url, key, token }: Env): SupabaseClient =>
  createClient(url, key, { accessToken: async () => token });

interface Answer<T> {
  data: T | null;
  error: unknown;
}

async function rowsOf<T>(query: PromiseLike<Answer<T>>): Promise<T> {
  const { data, error } = await query;
  if (error !== null) throw error;
  return data as T;
}

export const listWorkflows = (supabase: SupabaseClient, userId: string): Promise<object[]> =>
  rowsOf(
    supabase
      .from('workflows')
      .select('*')
      .eq('user_id', userId)
      .is('archived_at', null)
      .order('updated_at', { ascending: false }),
  );

export const oneWorkflow = (supabase: SupabaseClient, id: string): Promise<object | null> =>
  rowsOf(supabase.from('workflows').select('*').eq('id', id).maybeSingle());

export const childrenOf = (supabase: SupabaseClient, table: string, workflowId: string): Promise<object[]> =>
  rowsOf(supabase.from(table).select('*').eq('workflow_id', workflowId).order('created_at'));
