const STAR = 0x2a;

/**
 * Replaces a key with asterisks in an answer: a service may repeat in an error, or in a debugging endpoint, what it was sent.
 * It finds the key as it was sent, also across chunks; not in another encoding.
 */
export class Mask {
  readonly #secret: Uint8Array;
  readonly #text: string;
  /** The end of what came so far, as far as the key may begin there. */
  #held = new Uint8Array();

  constructor(secret: string) {
    this.#text = secret;
    this.#secret = new TextEncoder().encode(secret);
  }

  /** For headers. */
  readonly text = (text: string): string =>
    this.#text === '' ? text : text.replaceAll(this.#text, '*'.repeat(this.#text.length));

  /** What may be sent once this chunk came. */
  chunk(chunk: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(this.#held.length + chunk.length);
    bytes.set(this.#held);
    bytes.set(chunk, this.#held.length);
    for (let at = this.#find(bytes, 0); at >= 0; at = this.#find(bytes, at + this.#secret.length)) {
      bytes.fill(STAR, at, at + this.#secret.length);
    }
    const end = this.#beginning(bytes);
    this.#held = bytes.slice(end);
    return bytes.subarray(0, end);
  }

  /** What was held back. */
  rest(): Uint8Array {
    return this.#held;
  }

  #find(bytes: Uint8Array, from: number): number {
    const secret = this.#secret;
    if (secret.length === 0) return -1;
    let at = bytes.indexOf(secret[0], from);
    while (at >= 0 && !secret.every((byte, index) => bytes[at + index] === byte)) {
      at = bytes.indexOf(secret[0], at + 1);
    }
    return at;
  }

  /** Where a beginning of the key stands at the end of these bytes; their end if none does. */
  #beginning(bytes: Uint8Array): number {
    const secret = this.#secret;
    for (let at = Math.max(0, bytes.length - secret.length + 1); at < bytes.length; at += 1) {
      const tail = bytes.subarray(at);
      if (tail.every((byte, index) => byte === secret[index])) return at;
    }
    return bytes.length;
  }
}
