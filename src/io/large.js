// Large JSON texts stay here on their way from the application to the network. What is copied into WebAssembly makes its
// memory grow, which never shrinks again; there, a short text stands for each.

import { uuid } from './host.js';

/** The texts of calls under way, by number. */
const texts = new Map();
let lastNumber = 0;
/** Stands before the numbers: random, so that nothing an application writes is taken for one of them. */
let sign;

/** Keeps a JSON text, and returns the JSON text that stands for it. */
export function park(text) {
  sign ??= `${uuid()}:`;
  lastNumber += 1;
  texts.set(lastNumber, text);
  return `"${sign}${lastNumber}"`;
}

/** Forgets the texts that these stand for. */
export function release(parked) {
  for (const text of parked) texts.delete(Number(text.slice(1 + sign.length, -1)));
}

/** The text with what is parked in it. */
export function expand(text) {
  if (texts.size === 0 || !text.includes(sign)) return text;
  const [start, ...rest] = text.split(`"${sign}`);
  const parts = rest.map((part) => {
    const end = part.indexOf('"');
    return (texts.get(Number(part.slice(0, end))) ?? 'null') + part.slice(end + 1);
  });
  return start + parts.join('');
}

/** Parses a text of the engine's. */
export function parse(text) {
  return JSON.parse(expand(text));
}
