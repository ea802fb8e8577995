// Fails when docs/guarantees.md names a test that does not exist.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const DOCUMENT = 'docs/guarantees.md';
/** A listed test: its file, and a part of its title. Generated titles contain that part only in pieces. */
const NAMED_TEST = /^- `([^`]+)`: (.+)$/gm;

const text = readFileSync(new URL(DOCUMENT, root), 'utf8');
const named = [...text.matchAll(NAMED_TEST)].map(([, file, title]) => ({ file, title }));

function holds({ file, title }) {
  if (!existsSync(fileURLToPath(new URL(file, root)))) return false;
  const source = readFileSync(new URL(file, root), 'utf8');
  return file.endsWith('.rs') ? new RegExp(`^\\s*fn ${title}\\(`, 'm').test(source) : source.includes(title);
}

const missing = named.filter((test) => !holds(test));
for (const { file, title } of missing) console.error(`${DOCUMENT}: ${file} has no test "${title}"`);

// Every promise is a heading and needs at least one test.
const promises = text.split(/^### /m).slice(1);
const empty = promises
  .filter((promise) => !promise.includes('\n- `'))
  .map((promise) => promise.split('\n')[0]);
for (const promise of empty) console.error(`${DOCUMENT}: no test holds "${promise}"`);

console.log(`${promises.length} guarantees, held by ${named.length} tests`);
if (missing.length + empty.length > 0 || named.length === 0) process.exitCode = 1;
