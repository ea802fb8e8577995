import type { Env } from './env.js';

/** The same request as `getWorkflows`, without anything around it. */
export async function fetchWorkflows(env: Env, init: RequestInit = {}): Promise<object[]> {
  const question = `select=*&user_id=eq.${env.userId}&archived_at=is.null&order=updated_at.desc,id.asc`;
  const headers = { apikey: env.key, authorization: `Bearer ${env.token}`, ...init.headers };
  const response = await fetch(`${env.url}/rest/v1/workflows?${question}`, { ...init, headers });
  return response.json();
}

export const COUNTED: RequestInit = { headers: { prefer: 'count=exact' } };
export const UNSTORED: RequestInit = { cache: 'no-store' };
