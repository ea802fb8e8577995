// Fails if a document, comment or test name uses a word that CONTRIBUTING.md asks to avoid, and prints where.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['docs', 'examples', 'pkg-template', 'scripts', 'src', 'supabase', 'tests'];
/** Generated, or not written here. */
const EXCLUDED =
  /(^|\/)(node_modules|target|dist|generated|\.vitepress|\.pages)\/|^\.\/API\.md$|check-language\.mjs$/;

/** Each pattern, with what to write instead. */
const AVOIDED = [
  [/\b(whoever|whomever)\b/gi, 'name who it is: the user, the caller'],
  [/\b(no|some|any|every)body\b/gi, 'name who it is, or use "someone", "no one", "everyone"'],
  [/\b(anew|hitherto|thereof|whereof)\b/gi, 'use a plain word: "again", "so far", "of it"'],
  [/\bso many\b/gi, 'name the number: "`ms` milliseconds"'],
  [/\b(one who|who would rather)\b/gi, 'say "a client that", "to …"'],
  [/\b(for want of|it is so that)\b/gi, 'use a plain word: "without", "except", "because"'],
  [/\bever more (rarely|slowly|often)\b/gi, 'use "with growing delays"'],
  [/\bin the air\b/gi, 'use "in flight"'],
  [/\b(lets? go of|without a word)\b/gi, 'use "release", "silently"'],
  [/\bunder way\b/gi, 'use "in flight" or "in progress"'],
  [/\b(is|are|was|were|be|been|being) told\b(?! (apart|by|from)\b)/gi, 'use "receives" or "is notified"'],
  [/\b(hears?|heard) (of|from|everything|every|that)\b|\blearns? of\b/gi, 'use "receives" or "is notified"'],
  [/\bchanges (that )?flow\b/gi, 'say that the subscription is live'],
  [/\bcom(e|es|ing) to rest\b/gi, 'use "settles", or say that nothing is in flight'],
  [/\b(broke|breaks|broken|breaking) off\b/gi, 'use "truncated" or "cut off"'],
  [/\b(not there any more|is not there|are not there)\b/gi, 'use "does not exist" or "is gone"'],
  [/\b(one's|one’s|oneself)\b/gi, 'name who it is: the user, the caller'],
  [/\b(what|which) (it|they|one) makes? of\b/gi, 'name the result'],
  [/\b(hands?|handed) (out|over|on|down)\b/gi, 'use "return" or "pass"'],
  [/\bmeanwhile\b/gi, 'use "in the meantime", or name the event: "since it was read"'],
  [/\b(behaviour|colour|favour|honour|neighbour|\w*serialis|recognis)\w*/gi, 'use American spelling'],
  [/\bWhose\b(?! )/g, 'name what it belongs to: "the owner of the row"'],
];

/** The prose of each kind of file. The rest is removed, except for line breaks. */
const PROSE = {
  // Neither code nor test names.
  md: (text) => text.replace(/^- `[^`]+`: .*$|`[^`\n]*`/gm, ''),
  rs: (text) => linesOf(text, /\/\/.*$|^\s*(async )?fn \w+\(/gm).replaceAll('_', ' '),
  js: (text) => linesOf(text, /(?<![:'"`])\/\/.*$|^\s*\/?\*.*$|\b(test|it|describe)\(\s*['"`].*/gm),
  sql: (text) => linesOf(text, /--.*$/gm),
};
const KINDS = { md: 'md', rs: 'rs', sql: 'sql', js: 'js', mjs: 'js', ts: 'js', tsx: 'js', jsx: 'js' };

/** Keeps the parts of each line that match the pattern. */
function linesOf(text, pattern) {
  return text
    .split('\n')
    .map((line) => (line.match(pattern) ?? []).join(' ').replace(/`[^`]*`|'[a-z]+'/g, ''))
    .join('\n');
}

const files = [
  ...readdirSync(root).map((name) => `./${name}`),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true }).map((name) => `${folder}/${name}`),
  ),
].filter((file) => file.split('.').at(-1) in KINDS && !EXCLUDED.test(file));

const findings = files.flatMap((file) =>
  PROSE[KINDS[file.split('.').at(-1)]](readFileSync(`${root}${file}`, 'utf8'))
    .split('\n')
    .flatMap((line, index) =>
      AVOIDED.flatMap(([pattern, advice]) =>
        [...line.matchAll(pattern)].map(([word]) => `${file}:${index + 1}: "${word}": ${advice}`),
      ),
    ),
);
for (const finding of findings) console.error(finding);
console.log(`${findings.length} words to replace in ${files.length} files`);
process.exitCode = findings.length === 0 ? 0 : 1;
