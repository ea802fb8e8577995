const STAR = 0x2a;

/**
 * Replaces a key with asterisks in a response: a service may repeat what it was sent, for example in an error or from a
 * debugging endpoint. Finds the key exactly as it was sent, also across chunks, but not in another encoding.
 */
export class Mask {
  readonly #secret: Uint8Array;
  readonly #text: string;
  /** The end of the input so far, if it may be the beginning of the key. */
  #held = new Uint8Array();

  constructor(secret: string) {
    this.#text = secret;
    this.#secret = new TextEncoder().encode(secret);
  }

  /** Masks a header value. */
  readonly text = (text: string): string =>
    this.#text === '' ? text : text.replaceAll(this.#text, '*'.repeat(this.#text.length));

  /** Returns what may be sent after this chunk arrived. */
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

  /** Returns what was held back. */
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

  /** The index at which a prefix of the key starts at the end of these bytes; their length if there is none. */
  #beginning(bytes: Uint8Array): number {
    const secret = this.#secret;
    for (let at = Math.max(0, bytes.length - secret.length + 1); at < bytes.length; at += 1) {
      const tail = bytes.subarray(at);
      if (tail.every((byte, index) => byte === secret[index])) return at;
    }
    return bytes.length;
  }
}
