// What browsers use more often works in a server's types too: other services, and the offline entry.
import { createClient, type ServiceInit } from 'workflow-db';
import { clearPersisted, getOutbox, offline, type OutboxEntry } from 'workflow-db/offline';

const client = createClient({ url: 'https://x.supabase.co', key: 'k', offline: offline() });

export async function modelsOf(token: string): Promise<unknown> {
  const init: ServiceInit = { method: 'POST', body: JSON.stringify({}), headers: { accept: token } };
  const response: Response = await client.db.callService('openai', 'v1/models', init);
  return response.json();
}

export const waiting = (): readonly OutboxEntry[] => getOutbox(client).list();

export const forget = (): Promise<void> => clearPersisted();
