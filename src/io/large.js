// Keeps large JSON texts in JavaScript on their way from the application to the network. Copying them into WebAssembly
// would grow its memory, which never shrinks; a short placeholder takes the place of each text.

import { uuid } from './host.js';

export { uuid };

/** The texts of calls in flight, by number. */
const texts = new Map();
let lastNumber = 0;
/** A random prefix of the numbers, so that no text of the application is mistaken for a placeholder. */
let sign;

/** Stores a JSON text and returns a JSON placeholder for it. */
export function park(text) {
  sign ??= `${uuid()}:`;
  lastNumber += 1;
  texts.set(lastNumber, text);
  return `"${sign}${lastNumber}"`;
}

/** Removes the texts of these placeholders. */
export function release(parked) {
  for (const text of parked) texts.delete(Number(text.slice(1 + sign.length, -1)));
}

/** The text with all placeholders expanded. */
export function expand(text) {
  if (texts.size === 0 || !text.includes(sign)) return text;
  const [start, ...rest] = text.split(`"${sign}`);
  const parts = rest.map((part) => {
    const end = part.indexOf('"');
    return (texts.get(Number(part.slice(0, end))) ?? 'null') + part.slice(end + 1);
  });
  return start + parts.join('');
}

/** Parses a text from the engine. */
export function parse(text) {
  return JSON.parse(expand(text));
}
