/**
 * UTF-8 for runtimes without `TextDecoder` and `TextEncoder`, such as Jest with jsdom. The build substitutes them for
 * the globals.
 */

/** An unpaired surrogate, which UTF-8 cannot encode. */
const HALF_PAIR = /[\ud800-\udfff]/gu;

class Utf8Decoder {
  decode(bytes: Uint8Array = new Uint8Array()): string {
    const escapes = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`);
    return decodeURIComponent(escapes.join(''));
  }
}

class Utf8Encoder {
  encode(text: string): Uint8Array {
    const escaped = encodeURIComponent(text.replace(HALF_PAIR, '\ufffd'));
    const bytes = escaped.replace(/%../g, (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)));
    return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
  }
}

export const TextDecoder = (globalThis.TextDecoder as unknown) ?? Utf8Decoder;
export const TextEncoder = (globalThis.TextEncoder as unknown) ?? Utf8Encoder;
