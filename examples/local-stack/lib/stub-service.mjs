// @ts-check
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const WORDS = 'This text comes from a stand-in for an AI service, word by word, through the API relay.'.split(
  ' ',
);
const PAUSE_MS = 40;

/**
 * A replacement for a paid service on the loopback interface: `POST /v1/chat/completions` in the style of OpenAI,
 * streamed as server-sent events if `stream` is true. Accepts any key.
 *
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function startStubService() {
  const server = createServer((request, response) => {
    response.on('error', () => {});
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
async function answer(request, response) {
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString() || '{}');
  if (!/^Bearer .+/.test(request.headers.authorization ?? '')) {
    return sendJson(response, 401, { error: { message: 'No API key was given' } });
  }
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions') {
    return sendJson(response, 404, { error: { message: 'There is no such function' } });
  }
  if (!body.stream) {
    return sendJson(response, 200, {
      choices: [{ index: 0, message: { role: 'assistant', content: WORDS.join(' ') } }],
    });
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const [index, word] of WORDS.entries()) {
    if (response.destroyed) return;
    const delta = { content: index === 0 ? word : ` ${word}` };
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`);
    await sleep(PAUSE_MS);
  }
  response.end('data: [DONE]\n\n');
}

/** @param {import('node:http').ServerResponse} response @param {number} status @param {unknown} value */
function sendJson(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(value));
}
