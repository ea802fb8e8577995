// Service calls through the relay: they return the platform's Response.
import { db, type CallOptions, type ServiceFunctions, type ServiceInit } from 'workflow-db';

const init: ServiceInit = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
const options: CallOptions = { timeoutMs: 60_000 };
const withOptions: ServiceFunctions = db.with(options);

export async function complete(): Promise<string> {
  const { status, body }: Response = await db.callService('openai', '/v1/chat/completions', init);
  // @ts-expect-error -- a path is a string
  await withOptions.callService('openai', 1);
  return `${status} ${body === null}`;
}
