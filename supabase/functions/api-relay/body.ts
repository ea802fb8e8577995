import { RelayError } from './errors.ts';

export function tooLarge(limit: number): RelayError {
  return new RelayError(413, 'PAYLOAD_TOO_LARGE', `A body may hold ${limit} bytes at most`);
}

/**
 * Reads a request's body whole: services that take no chunked requests need its length. What the client says of the length
 * only refuses a call sooner; the bytes that arrive are counted.
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

/** Takes part in a body as it passes. */
export interface Tap {
  /** What is sent in the place of a chunk. */
  chunk(chunk: Uint8Array): Uint8Array;
  /** What is still to be sent at the end. */
  rest(): Uint8Array;
  /** The body ended: whole, or with what went wrong, or because the reader has gone. Called once. */
  ended(how: 'whole' | 'broken' | 'cancelled', error?: unknown): void;
}

/** The same body, chunk by chunk as it comes and no faster than it is read. */
export function tapped(body: ReadableStream<Uint8Array>, tap: Tap): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          // A chunk may be held back whole; a pull must give something, or it is not repeated.
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
          // Without the reason, which may quote what was sent.
          controller.error(new Error('The answer broke off'));
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
