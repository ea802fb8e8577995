import { RelayError } from './errors.ts';

export function tooLarge(limit: number): RelayError {
  return new RelayError(413, 'PAYLOAD_TOO_LARGE', `A body may contain at most ${limit} bytes`);
}

/**
 * Reads a request's body completely, because some services do not accept chunked requests and need the length. The
 * Content-Length header only serves to refuse a call early; the limit applies to the bytes that arrive.
 */
export async function readBody(
  request: Request,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (Number(request.headers.get('content-length')) > limit) throw tooLarge(limit);
  if (request.body === null) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Watches and transforms a body as it passes through. */
export interface Tap {
  /** Returns what to send instead of a chunk. */
  chunk(chunk: Uint8Array): Uint8Array;
  /** Returns what is still to be sent at the end. */
  rest(): Uint8Array;
  /** The body ended: it is complete, it failed with `error`, or the reader cancelled. Called once. */
  ended(how: 'whole' | 'broken' | 'cancelled', error?: unknown): void;
}

/** The same body, streamed chunk by chunk with backpressure. */
export function tapped(body: ReadableStream<Uint8Array>, tap: Tap): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          // The tap may hold back a whole chunk. A pull must enqueue something, or it is not called again.
          for (;;) {
            const { done, value } = await reader.read();
            const sent = done ? tap.rest() : tap.chunk(value);
            if (sent.length > 0) controller.enqueue(sent);
            if (done) {
              controller.close();
              tap.ended('whole');
            }
            if (done || sent.length > 0) return;
          }
        } catch (error) {
          // The reason is omitted: it may quote what was sent.
          controller.error(new Error('The response was cut off'));
          tap.ended('broken', error);
        }
      },
      cancel(reason) {
        tap.ended('cancelled');
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
