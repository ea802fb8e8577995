import type { SupabaseClient } from '@supabase/supabase-js';
import type { Env } from './env.js';
import { childrenOf, listWorkflows, newSupabase, oneWorkflow } from './supabase.js';

interface Entry {
  data: unknown;
  timestamp: number;
  ttl: number;
}

const MAX_SIZE = 1000;
const TTL_MS = 300_000;

/** The pattern that workflow-db replaces: a Map in the order of use in front of supabase-js. */
export class OldLayer {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly supabase: SupabaseClient) {}

  async getWorkflows(userId: string): Promise<object[]> {
    const key = `workflows:${userId}`;
    const cached = this.get<object[]>(key);
    if (cached !== null) return cached;
    return this.set(key, await listWorkflows(this.supabase, userId));
  }

  async getWorkflow(id: string): Promise<object | null> {
    const key = `workflow:${id}`;
    const cached = this.get<object>(key);
    if (cached !== null) return cached;
    return this.set(key, await oneWorkflow(this.supabase, id));
  }

  async getWorkflowWithRelations(id: string): Promise<object | null> {
    const [workflow, nodes, connections] = await Promise.all([
      this.getWorkflow(id),
      childrenOf(this.supabase, 'workflow_nodes', id),
      childrenOf(this.supabase, 'workflow_connections', id),
    ]);
    return workflow === null ? null : { ...workflow, nodes, connections };
  }

  private get<T>(key: string): T | null {
    const entry = this.entries.get(key);
    if (entry === undefined) return null;
    this.entries.delete(key);
    if (Date.now() - entry.timestamp > entry.ttl) return null;
    this.entries.set(key, entry);
    return entry.data as T;
  }

  private set<T>(key: string, data: T): T {
    const oldest = this.entries.keys().next();
    if (this.entries.size >= MAX_SIZE && !oldest.done) this.entries.delete(oldest.value);
    this.entries.set(key, { data, timestamp: Date.now(), ttl: TTL_MS });
    return data;
  }
}

export const newOldLayer = (env: Env) => new OldLayer(newSupabase(env));
