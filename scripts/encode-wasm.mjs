// Bytes as an ASCII text that a bundler carries in a module.
//
// The commonest byte values are one printable character each, every other one is a prefix and a character. That costs
// 6 % over the bare bytes and hardly anything after compression, where base64 costs a third: it hides the repetitions
// that a compressor lives on.

/** Printable characters that stand for themselves in a template literal or string, without escapes. */
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).filter(
  (character) => !['"', "'", '`', '\\', '$', '<'].includes(character),
);
const PREFIX_COUNT = 3;
const PREFIXES = PRINTABLE.slice(0, PREFIX_COUNT);
const SINGLES = PRINTABLE.slice(PREFIX_COUNT);

/**
 * @param {Uint8Array} bytes
 * @returns {string} a JavaScript module that exports `decodeWasm(): Uint8Array<ArrayBuffer>`
 */
export function encodeModule(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte] += 1;
  const byFrequency = counts.map((_, byte) => byte).sort((a, b) => counts[b] - counts[a] || a - b);
  const codes = new Array(256);
  byFrequency.forEach((byte, rank) => {
    const beyond = rank - SINGLES.length;
    codes[byte] =
      beyond < 0
        ? SINGLES[rank]
        : PREFIXES[Math.floor(beyond / SINGLES.length)] + SINGLES[beyond % SINGLES.length];
  });
  const text = Array.from(bytes, (byte) => codes[byte]).join('');
  const order = byFrequency.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `const TEXT = "${text}";
const ORDER = "${order}";
const SINGLES = "${SINGLES.join('')}";
export function decodeWasm() {
  const ranks = new Uint8Array(128);
  for (let rank = 0; rank < ${SINGLES.length}; rank++) ranks[SINGLES.charCodeAt(rank)] = rank;
  const order = new Uint8Array(256);
  for (let rank = 0; rank < 256; rank++) order[rank] = parseInt(ORDER.slice(2 * rank, 2 * rank + 2), 16);
  const bytes = new Uint8Array(${bytes.length});
  for (let from = 0, to = 0; from < TEXT.length; to++) {
    let code = TEXT.charCodeAt(from++);
    let base = 0;
    if (code <= ${PREFIXES.at(-1)?.charCodeAt(0)} && code !== 34) {
      base = ${SINGLES.length} * (1 + PREFIX_RANK[code - 32]);
      code = TEXT.charCodeAt(from++);
    }
    bytes[to] = order[base + ranks[code]];
  }
  return bytes;
}
const PREFIX_RANK = [${prefixRanks().join(', ')}];
`;
}

/** The rank of each prefix by its code above the space. */
function prefixRanks() {
  const last = /** @type {string} */ (PREFIXES.at(-1)).charCodeAt(0);
  return Array.from({ length: last - 31 }, (_, index) =>
    Math.max(0, PREFIXES.indexOf(String.fromCharCode(32 + index))),
  );
}
