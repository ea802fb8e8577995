// @ts-check
// The text that contains the WebAssembly module.
import { encodeModule } from '../../scripts/encode-wasm.mjs';
import { assert, fc, property } from './support.mjs';

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

property(
  'any bytes survive encoding and decoding, and their text needs no escapes',
  fc.oneof(fc.uint8Array({ maxLength: 2000 }), fc.uint8Array({ max: 3, maxLength: 2000 })),
  async (bytes) => {
    const code = encodeModule(bytes);
    const { decodeWasm } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    assert.deepEqual(decodeWasm(), bytes);
    assert.match(code, /^const TEXT = "[ -~]*";$/m);
    assert.ok(!/["'`\\$<]/.test(/"(.*)"/.exec(code)?.[1] ?? ''));
  },
  { runs: 10, examples: [new Uint8Array(), EVERY_BYTE, new Uint8Array([...EVERY_BYTE, ...EVERY_BYTE])] },
);
