// @ts-check
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, posix } from 'node:path';
import { after, test } from 'node:test';
import { unpackedPackage } from '../e2e/support/package.mjs';

const REPOSITORY = new URL('../../', import.meta.url);
const { root, remove } = await unpackedPackage();
after(remove);
const files = (await readdir(root, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
  .sort();
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

test('the package contains its entries, types, bare module and migrations, and no sources', () => {
  const entries = ['index', 'react/index', 'devtools/index', 'offline/index'].flatMap((name) => [
    `${name}.js`,
    `${name}.d.ts`,
  ]);
  const documents = [
    ...['README.md', 'API.md', 'DATABASE_INTEGRATION.md', 'MIGRATING.md', 'CHANGELOG.md', 'SECURITY.md'],
    ...['docs/index.md', 'docs/getting-started.md', 'LICENSE'],
  ];
  for (const name of [...entries, 'workflow_db.wasm', ...documents]) {
    assert.ok(files.includes(name), name);
  }
  assert.ok(files.some((name) => name.startsWith('supabase/optional/') && name.endsWith('.sql')));
  assert.ok(files.some((name) => name.startsWith('supabase/migrations/') && name.endsWith('.sql')));
  assert.ok(files.includes('supabase/functions/api-relay/index.ts'));
  const odd = files.filter(
    (name) => !/\.(js|d\.ts|wasm|sql|md|json)$|^LICENSE$|^supabase\/functions\/.*\.ts$/.test(name),
  );
  assert.deepEqual(odd, []);
});

test('every link of the documents leads to a file of the package, and every image to the repository', async () => {
  for (const name of files.filter((file) => file.endsWith('.md'))) {
    const text = await readFile(join(root, name), 'utf8');
    for (const [, mark, target] of text.matchAll(/(!?)\[[^\]]*\]\((?!https?:|#)([^)#]+)/g)) {
      const linked = posix.join(posix.dirname(name), target);
      const isThere = mark ? existsSync(new URL(linked, REPOSITORY)) : files.includes(linked);
      assert.ok(isThere, `${name}: ${target}`);
    }
  }
});

test('every file that package.json names exists', () => {
  const named = [manifest.main, manifest.module, manifest.types, ...Object.values(manifest.exports)]
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((target) => target.replace('./', ''));
  for (const target of named) assert.ok(files.includes(target), target);
  assert.deepEqual(
    [manifest.type, manifest.sideEffects, manifest.dependencies],
    ['module', false, undefined],
  );
});

test('the manifest has the fields that a registry shows, and types come first in every export of code', async () => {
  const { version, description, license, keywords, engines, exports } = manifest;
  const [crate, changelog] = await Promise.all(
    ['Cargo.toml', 'CHANGELOG.md'].map((name) => readFile(new URL(name, REPOSITORY), 'utf8')),
  );
  assert.equal(version, /^version = "(.+)"$/m.exec(crate)?.[1]);
  assert.equal(version, /^## (\d+\.\d+\.\d+)/m.exec(changelog)?.[1]);
  assert.ok(description.length > 20 && keywords.length > 3);
  assert.deepEqual([license, engines.node], ['MIT', '>=20']);
  const conditions = Object.values(exports).filter((target) => typeof target === 'object');
  assert.equal(conditions.length, 4);
  for (const target of conditions) assert.deepEqual(Object.keys(target), ['types', 'default']);
});

test('every import of a declaration file resolves', async () => {
  for (const name of files.filter((file) => file.endsWith('.d.ts'))) {
    const text = await readFile(join(root, name), 'utf8');
    for (const [, target] of text.matchAll(/from '(\.[^']+)'/g)) {
      assert.ok(files.includes(join(name, '..', target.replace(/\.js$/, '.d.ts'))), `${name}: ${target}`);
    }
  }
});

const modules = files.filter((name) => name.endsWith('.js'));

test('every module is ASCII without top-level await, and the bare WebAssembly is valid', async () => {
  for (const name of modules) {
    const text = await readFile(join(root, name), 'utf8');
    assert.match(text, /^[\x20-\x7e\r\n\t]*$/, name);
    assert.doesNotMatch(text, /^await |import\.meta|\brequire\(|\bprocess\.|node:/m, name);
  }
  assert.ok(WebAssembly.validate(await readFile(join(root, 'workflow_db.wasm'))));
});

test('only the hooks and the devtools import React, and they are marked as client code', async () => {
  const needing = [];
  for (const name of modules) {
    if (/from"react"/.test(await readFile(join(root, name), 'utf8'))) needing.push(name);
  }
  assert.deepEqual(needing, ['devtools/index.js', 'react/index.js']);
  for (const name of needing) assert.match(await readFile(join(root, name), 'utf8'), /^"use client";/, name);
});

test('the package contains no paths of the machine that built it', async () => {
  for (const name of [...modules, 'workflow_db.wasm']) {
    const text = await readFile(join(root, name), 'latin1');
    for (const path of [homedir(), '/.cargo/', '/.rustup/', '/registry/src']) {
      assert.ok(!text.includes(path), `${name} holds ${path}`);
    }
  }
});
