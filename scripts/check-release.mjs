// Checks before publishing that everything a release needs is in place: `node scripts/check-release.mjs v0.2.0`.
import { readFileSync } from 'node:fs';

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('pkg-template/package.json'));
const crateVersion = /^version = "(.+)"$/m.exec(read('Cargo.toml'))?.[1];
const [, released] = /^## \[?(\d+\.\d+\.\d+)\]? - \d{4}-\d{2}-\d{2}$/m.exec(read('CHANGELOG.md')) ?? [];
const tag = process.argv[2];

const problems = [
  tag !== `v${manifest.version}` &&
    `The tag is ${tag}, the version in pkg-template/package.json ${manifest.version}.`,
  crateVersion !== manifest.version &&
    `The version in Cargo.toml is ${crateVersion}, in pkg-template/package.json ${manifest.version}.`,
  released !== manifest.version &&
    `The newest dated version in CHANGELOG.md is ${released}, not ${manifest.version}.`,
  !manifest.repository &&
    'pkg-template/package.json has no `repository`: npm needs it for provenance and for the images of the README.',
].filter(Boolean);

for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
