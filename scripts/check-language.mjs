// Fails when a document uses a word that CONTRIBUTING.md asks to avoid, and says where.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLES = ['local-stack', 'minimal', 'react-app'].map((name) => `examples/${name}`);
const FOLDERS = ['.', 'docs', 'tests', 'tests/bench', ...EXAMPLES];
/** It repeats doc comments. */
const GENERATED = './API.md';
/** Each with what to write in its place. */
const AVOIDED = [
  [/\b(whoever|whomever)\b/gi, 'name who it is: the user, the caller'],
  [/\b(no|some|any|every)body\b/gi, 'name who it is, or use "someone", "no one", "everyone"'],
  [/\b(anew|hitherto|thereof|whereof)\b/gi, 'use a plain word: "again", "so far", "of it"'],
  [/\bso many (milliseconds|seconds|minutes|rows|bytes)\b/gi, 'name the number: "`ms` milliseconds"'],
  [/\b(one who|who would rather)\b/gi, 'say "a client that", "to …"'],
];

const findings = FOLDERS.flatMap((folder) =>
  readdirSync(`${root}${folder}`).map((name) => `${folder}/${name}`),
)
  .filter((file) => file.endsWith('.md') && file !== GENERATED)
  .flatMap((file) =>
    readFileSync(`${root}${file}`, 'utf8')
      // Neither code nor the names of tests.
      .replace(/^- `[^`]+`: .*$|`[^`\n]*`/gm, '')
      .split('\n')
      .flatMap((line, index) =>
        AVOIDED.flatMap(([pattern, advice]) =>
          [...line.matchAll(pattern)].map(([word]) => `${file}:${index + 1}: "${word}": ${advice}`),
        ),
      ),
  );
for (const finding of findings) console.error(finding);
console.log(`${findings.length} words to replace`);
process.exitCode = findings.length === 0 ? 0 : 1;
