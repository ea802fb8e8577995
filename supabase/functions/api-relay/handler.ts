import type { Resolve } from './addresses.ts';
import { readBody, tapped, tooLarge } from './body.ts';
import type { Config } from './config.ts';
import { Database, notSignedIn } from './database.ts';
import { RelayError } from './errors.ts';
import { METHODS, preflight, responseHeaders, serviceHeaders, withCors } from './headers.ts';
import { Mask } from './mask.ts';
import { askedBy, targetOf } from './target.ts';
import { askService } from './upstream.ts';

/** How a call ended, as recorded in the audit log. */
type Outcome = 'answered' | 'refused' | 'unreachable' | 'broken' | 'timeout' | 'aborted' | 'too_large';

/** Creates the handler for browser requests. */
export function createRelay(config: Config, resolve: Resolve): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method === 'OPTIONS') return withCors(preflight(Object.values(config.services)));
    const ending = new Ending(config.limits.deadlineMs, request.signal);
    try {
      return withCors(await relay(config, resolve, request, ending));
    } catch (error) {
      ending.over();
      return withCors(ending.errorOf(error).response());
    }
  };
}

async function relay(config: Config, resolve: Resolve, request: Request, ending: Ending): Promise<Response> {
  if (!METHODS.includes(request.method)) {
    throw new RelayError(405, 'INVALID_INPUT', `The method must be one of ${METHODS.join(', ')}`);
  }
  const asked = askedBy(request.url);
  if (!Object.hasOwn(config.services, asked.service)) {
    throw new RelayError(404, 'NOT_FOUND', 'The relay does not know this service');
  }
  const [, token] = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (token === undefined) throw notSignedIn();
  const database = new Database(config, request.headers);
  const user = await database.userOf(token, ending.signal);
  const body = await ending.wait(readBody(request, config.limits.bodyBytes));
  const { call_id, secret, gateway_endpoint } = await database.begin(
    user,
    asked.service,
    request.method,
    asked.path,
  );
  const call = new Call(database, call_id, body?.length ?? 0);
  try {
    const target = targetOf(asked, gateway_endpoint, config);
    const headers = serviceHeaders(request.headers, target.service, secret);
    const outgoing = { method: request.method, headers, body, signal: ending.signal };
    const answer = await askService(target, outgoing, resolve);
    return passedOn(answer, new Mask(secret), call, ending, config.limits.bodyBytes);
  } catch (error) {
    const { code } = ending.errorOf(error);
    call.ended(ending.reason ?? (code === 'SERVICE_UNREACHABLE' ? 'unreachable' : 'refused'), null);
    throw error;
  }
}

/** The service's response as the browser receives it, streamed. The call ends with its last byte. */
function passedOn(answer: Response, mask: Mask, call: Call, ending: Ending, limit: number): Response {
  const { status, body } = answer;
  const headers = responseHeaders(answer.headers, mask.text);
  if (Number(answer.headers.get('content-length')) > limit) {
    body?.cancel().catch(() => {});
    call.ended('too_large', status);
    throw new RelayError(502, 'PAYLOAD_TOO_LARGE', tooLarge(limit).message);
  }
  if (body === null) {
    ending.over();
    call.ended('answered', status);
    return new Response(null, { status, headers });
  }
  const stream = tapped(body, {
    chunk(chunk) {
      call.responseBytes += chunk.length;
      if (call.responseBytes > limit) ending.end('too_large');
      ending.signal.throwIfAborted();
      return mask.chunk(chunk);
    },
    rest: () => mask.rest(),
    ended(how) {
      const outcome = how === 'whole' ? 'answered' : how === 'cancelled' ? 'aborted' : 'broken';
      call.ended(ending.reason ?? outcome, status);
      // The service may stop sending when no one reads its response any more.
      if (how === 'whole') ending.over();
      else ending.end('aborted');
    },
  });
  return new Response(stream, { status, headers });
}

/** Ends a call early: on its deadline, on disconnect of the client, or if the response is too long. */
class Ending {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  reason: Outcome | undefined;

  constructor(deadlineMs: number, client: AbortSignal) {
    this.#timer = setTimeout(() => this.end('timeout'), deadlineMs);
    client.addEventListener('abort', () => this.end('aborted'), { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(reason: Outcome): void {
    if (this.signal.aborted) return;
    this.reason = reason;
    this.over();
    this.#controller.abort();
  }

  /** The call is complete: stops waiting. */
  over(): void {
    clearTimeout(this.#timer);
  }

  /** The same promise, but rejected if the call ends early. */
  wait<Value>(promise: Promise<Value>): Promise<Value> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  /** The error to report to the client. */
  errorOf(error: unknown): RelayError {
    if (this.reason === 'timeout') {
      return new RelayError(504, 'TIMEOUT', 'The call took longer than the relay allows');
    }
    if (error instanceof RelayError) return error;
    if (this.reason === undefined) {
      // Without the message, which may quote what was sent.
      console.error(`api-relay: ${error instanceof Error ? error.name : typeof error}`);
    }
    return new RelayError(502, 'SERVICE_UNREACHABLE', 'The call ended before the service answered');
  }
}

/** A call that the database admitted, until its end is recorded. */
class Call {
  responseBytes = 0;
  readonly #started = performance.now();
  readonly #database: Database;
  readonly #id: string;
  readonly #requestBytes: number;
  #isOver = false;

  constructor(database: Database, id: string, requestBytes: number) {
    this.#database = database;
    this.#id = id;
    this.#requestBytes = requestBytes;
  }

  ended(outcome: Outcome, status: number | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const recorded = this.#database.finish(this.#id, {
      p_status: status,
      p_outcome: outcome,
      p_duration_ms: Math.round(performance.now() - this.#started),
      p_request_bytes: this.#requestBytes,
      p_response_bytes: this.responseBytes,
    });
    // Hosted functions may be stopped after the response unless they register pending work.
    const { EdgeRuntime } = globalThis as { EdgeRuntime?: { waitUntil(promise: Promise<unknown>): void } };
    EdgeRuntime?.waitUntil(recorded);
  }
}
