// Encodes bytes as ASCII text that a bundler can carry in a JavaScript module.
//
// The most common byte values become one printable character each; all others become a prefix and a character. This
// adds 6 % to the size, and almost nothing after compression. Base64 would add a quarter even after compression,
// because it hides the repetitions that compressors rely on.
//
// The choice of characters matters to brotli, which predicts a character from the class of the previous one, such as
// punctuation, digit or lower-case consonant (RFC 7932, 7.1). Bytes that are followed by similar bytes get characters
// of one class. This saves 2 % of the compressed package.

import binaryen from 'binaryen';
import { readFileSync } from 'node:fs';

/** Printable characters that need no escape in a template literal or string. */
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).filter(
  (character) => !['"', "'", '`', '\\', '$', '<'].includes(character),
);
const PREFIX_COUNT = 3;
const SINGLE_COUNT = PRINTABLE.length - PREFIX_COUNT;
/** Where the decoder finds the text: after the table that maps characters to bytes, without and with each prefix. */
const TEXT_START = 256 * (PREFIX_COUNT + 1);
const PAGE_SIZE = 65536;
/**
 * The character classes that brotli distinguishes, in the order in which they are first assigned to the most common
 * bytes.
 */
const CLASSES = [
  /[bcdfghjklmnpqrstvwxyz]/,
  /[aeiou]/,
  /[BCDFGHJKLMNPQRSTVWXYZ]/,
  /[AEIOU]/,
  /\d/,
  /[=]/,
  /[.]/,
  /[,:;]/,
  /[)>\]}]/,
  /[([{]/,
  /[%]/,
  /[^ ]/,
  / /,
];

/**
 * @param {Uint8Array} bytes
 * @returns {string} a JavaScript module that exports `decodeWasm(): Uint8Array<ArrayBuffer>`
 */
export function encodeModule(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte] += 1;
  const byFrequency = counts.map((_, byte) => byte).sort((a, b) => counts[b] - counts[a] || a - b);
  const common = byFrequency.slice(0, SINGLE_COUNT);
  const rare = byFrequency.slice(SINGLE_COUNT).sort((a, b) => a - b);
  // Symbols are numbered: first the prefixes, then those for the most common bytes. A rare byte is a prefix and a
  // symbol.
  const symbolsOf = new Array(256);
  common.forEach((byte, rank) => (symbolsOf[byte] = [PREFIX_COUNT + rank]));
  rare.forEach((byte, rank) => {
    symbolsOf[byte] = [Math.floor(rank / SINGLE_COUNT), PREFIX_COUNT + (rank % SINGLE_COUNT)];
  });
  const symbols = Array.from(bytes, (byte) => symbolsOf[byte]).flat();
  const characters = assignCharacters(symbols);
  const text = symbols.map((symbol) => characters[symbol]).join('');
  const hex = common.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `const TEXT = "${text}";
const COMMON = "${hex}";
const CHARACTERS = "${characters.join('')}";
const DECODER = "${decoder(TEXT_START + text.length).toString('base64')}";
export function decodeWasm() {
  const binary = Uint8Array.from(atob(DECODER), (character) => character.charCodeAt(0));
  const { memory, decode } = new WebAssembly.Instance(new WebAssembly.Module(binary)).exports;
  const meanings = new Uint16Array(memory.buffer);
  const codes = Array.from(CHARACTERS, (character) => character.charCodeAt(0));
  const singles = codes.splice(${PREFIX_COUNT});
  codes.forEach((code, prefix) => (meanings[code] = 256 * (1 + prefix)));
  const isCommon = [];
  singles.forEach((code, rank) => {
    const byte = parseInt(COMMON.slice(2 * rank, 2 * rank + 2), 16);
    meanings[code] = byte;
    isCommon[byte] = true;
  });
  for (let byte = 0, rare = 0; byte < 256; byte++) {
    if (isCommon[byte]) continue;
    meanings[128 * (1 + Math.floor(rare / ${SINGLE_COUNT})) + singles[rare % ${SINGLE_COUNT}]] = byte;
    rare++;
  }
  // Not encodeInto, which the encoder for runtimes without one lacks.
  new Uint8Array(memory.buffer).set(new TextEncoder().encode(TEXT), ${TEXT_START});
  const end = decode(${TEXT_START}, ${TEXT_START + text.length});
  return new Uint8Array(memory.buffer, ${TEXT_START}, end - ${TEXT_START});
}
`;
}

/** The WebAssembly module that decodes, with `size` bytes of memory. @param {number} size */
function decoder(size) {
  const source = readFileSync(new URL('decode-wasm.wat', import.meta.url), 'utf8');
  const module = binaryen.parseText(source.replace('PAGES', String(Math.ceil(size / PAGE_SIZE))));
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  module.optimize();
  return Buffer.from(module.emitBinary());
}

/**
 * Assigns a character to each symbol, so that the class of a character tells as much as possible about the next one:
 * swaps the characters of two symbols as long as that improves the result.
 *
 * @param {number[]} symbols
 * @returns {string[]}
 */
function assignCharacters(symbols) {
  const count = PRINTABLE.length;
  const classOf = (character) => CLASSES.findIndex((pattern) => pattern.test(character));
  const characters = [...PRINTABLE].sort((a, b) => classOf(a) - classOf(b) || (a < b ? -1 : 1));
  const classes = characters.map(classOf);
  const following = Array.from({ length: count }, () => new Array(count).fill(0));
  for (let index = 1; index < symbols.length; index += 1) following[symbols[index - 1]][symbols[index]] += 1;
  const after = CLASSES.map((_, own) => {
    const rows = following.filter((_, symbol) => classes[symbol] === own);
    return following.map((_, next) => rows.reduce((sum, row) => sum + row[next], 0));
  });
  const swapped = (row, minus, plus) => row.map((value, next) => value - minus[next] + plus[next]);
  for (let isBetter = true; isBetter;) {
    isBetter = false;
    for (let one = 0; one < count; one += 1) {
      for (let other = one + 1; other < count; other += 1) {
        const [a, b] = [classes[one], classes[other]];
        if (a === b) continue;
        const nextA = swapped(after[a], following[one], following[other]);
        const nextB = swapped(after[b], following[other], following[one]);
        if (bitsOf(nextA) + bitsOf(nextB) > bitsOf(after[a]) + bitsOf(after[b]) - 1) continue;
        [after[a], after[b]] = [nextA, nextB];
        [classes[one], classes[other]] = [b, a];
        [characters[one], characters[other]] = [characters[other], characters[one]];
        isBetter = true;
      }
    }
  }
  return characters;
}

/** The number of bits that symbols of these frequencies take. @param {number[]} frequencies */
function bitsOf(frequencies) {
  const total = frequencies.reduce((sum, frequency) => sum + frequency, 0);
  return frequencies.reduce(
    (bits, frequency) => bits - (frequency > 0 ? frequency * Math.log2(frequency / total) : 0),
    0,
  );
}
