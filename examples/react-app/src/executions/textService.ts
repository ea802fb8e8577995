import { DatabaseError, db, type WorkflowNode } from 'workflow-db/react';
import { TEXT_MODEL, TEXT_SERVICE } from '../config';
import { labelOf } from '../graph/layout';

/**
 * Asks a service to write the text of a step, and yields the parts as they arrive. The call goes through the API relay, which
 * adds the user's key on the server: no key reaches the browser.
 */
export async function* streamText(node: WorkflowNode): AsyncGenerator<string> {
  const response = await ask({
    model: TEXT_MODEL,
    messages: [{ role: 'user', content: labelOf(node) }],
    stream: true,
  });
  if (!response.ok) throw new Error(`The service answered with status ${response.status}`);
  for await (const line of linesOf(response)) {
    if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
    const { choices } = JSON.parse(line.slice('data: '.length)) as Chunk;
    yield choices[0]?.delta.content ?? '';
  }
}

async function ask(body: object): Promise<Response> {
  try {
    return await db.callService(TEXT_SERVICE, 'v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(body),
    });
  } catch (error) {
    if (!(error instanceof DatabaseError && error.code === 'NOT_FOUND')) throw error;
    throw new Error(`You have no key for ${TEXT_SERVICE}. Add one under Keys.`);
  }
}

/** A server-sent event of a chat completion. */
interface Chunk {
  choices: { delta: { content?: string } }[];
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done = true, value = '' } = (await reader?.read()) ?? {};
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (done) return;
  }
}
