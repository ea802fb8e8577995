// A server: the project has the types of Node but not those of the DOM.
import { createClient, ready, DatabaseError, type DatabaseClient, type Workflow } from 'workflow-db';

export async function workflowsOf(userId: string, token: string, signal: AbortSignal): Promise<Workflow[]> {
  await ready(new Uint8Array(8));
  await ready(fetch('https://cdn.example.com/workflow_db.wasm'));
  const client: DatabaseClient = createClient({
    url: 'https://x.supabase.co',
    key: 'k',
    accessToken: () => token,
    fetch: (url, init) => fetch(url, init),
  });
  try {
    return await client.db.with({ signal }).getWorkflows(userId);
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'ABORTED') return [];
    throw error;
  } finally {
    client.close();
  }
}
