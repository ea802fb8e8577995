// @ts-check
// Adds a table to a copy of the crate: one new file and one line.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** A fixed place below `target`, so that the next run reuses what was compiled. */
const copy = join(root, 'target', 'new-table');
const at = (/** @type {string[]} */ ...parts) => join(copy, ...parts);
const tsc = join(root, 'node_modules', '.bin', 'tsc');
/**
 * Uses a target directory of its own. With a shared one, the next `generate` of the repository was linked with this
 * crate.
 *
 * @param {string[]} args
 */
const cargo = (...args) =>
  run('cargo', [...args], {
    cwd: copy,
    env: { ...process.env, CARGO_TARGET_DIR: join(root, 'target', 'new-table-target') },
  });

/**
 * @param {string} name
 * @param {(text: string) => string} change
 */
async function edit(name, change) {
  await writeFile(at(name), change(await readFile(at(name), 'utf8')));
}

const FILE = `//! Gadgets: what a user collects.

use super::Action::{Insert, OfUser, Update};
use super::{table, KeyFormat, Uuid};

table! {
    /// An item that a user collects.
    Gadget, NewGadget, GadgetPatch => GADGETS = "gadgets",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        label: String = required,
        weight: f64 = nullable,
    }
    {
        /// A user's gadgets.
        getGadgets "(userId: string): Promise<Gadget[]>" = OfUser;
        /// Creates a gadget.
        createGadget "(gadget: NewGadget): Promise<Gadget>" = Insert(None);
        /// Changes a gadget.
        updateGadget "(id: string, patch: GadgetPatch): Promise<Gadget>" = Update("id");
    }
    list_key: Some(KeyFormat::new("gadgets:", &["user_id"])),
    scopes: &["user_id"],
}
`;
const LINE = '    gadgets: GADGETS,\n';

const ENGINE_TEST = `
use workflow_db::api::{operation, Argument, Call, Operation};
use workflow_db::data::Value;
use workflow_db::subscriptions::Selection;

const USER: &str = "11111111-1111-4111-8111-111111111111";

#[test]
fn the_engine_reads_and_follows_gadgets() {
    let arguments = vec![Argument::Value(Value::Text(USER.to_owned()))];
    let call = Call { arguments, uuid: &|| USER.to_owned(), base_url_length: 0 };
    match operation("getGadgets", &call) {
        Ok(Operation::Read(read)) => assert_eq!(read.key, format!("gadgets:{USER}")),
        _ => panic!("getGadgets is not a read"),
    }
    assert!(Selection::new("gadgets", Some(USER.to_owned()), None).is_ok());
}
`;

const CONSUMER = `
import { cacheKeys, db, getRealtimeManager, type Gadget, type GadgetPatch, type NewGadget } from '../pkg/index.js';

export async function collect(userId: string, gadget: NewGadget): Promise<string> {
  const gadgets: Gadget[] = await db.getGadgets(userId);
  const created = await db.with({ fresh: true }).createGadget(gadget);
  const weight: number | null = (await db.updateGadget(created.id, { weight: null })).weight;
  getRealtimeManager().open('gadgets', { scope: userId }, ({ record }) => record.label.trim());
  return cacheKeys.gadgets(userId) + String(weight) + gadgets.length;
}

// @ts-expect-error -- the label is missing
export const unlabelled: NewGadget = { user_id: 'u' };
// @ts-expect-error -- a weight is a number
export const heavy: GadgetPatch = { weight: 'heavy' };
// @ts-expect-error -- no such table
getRealtimeManager().open('gizmos', {});
`;

before(async () => {
  await Promise.all(
    ['src', 'scripts', 'pkg-template', 'tests'].map((name) => rm(at(name), { recursive: true, force: true })),
  );
  for (const name of [
    'Cargo.toml',
    'Cargo.lock',
    'src',
    'scripts/generate',
    'tests/browser',
    'pkg-template',
  ]) {
    await cp(join(root, name), at(name), { recursive: true, preserveTimestamps: true });
  }
  await edit('src/tables/mod.rs', (list) => {
    const [, last] = list.match(/\ntables! \{\n(?:.*\n)*?(.*\n)\}/) ?? [];
    assert.ok(last, 'the list of tables');
    return list.replace(last, last + LINE);
  });
  await writeFile(at('src/tables/gadgets.rs'), FILE);
  await writeFile(at('tests/gadgets.rs'), ENGINE_TEST);
  await cargo(
    'run',
    '--offline',
    '--quiet',
    '--profile=test',
    '--example=generate',
    '--',
    'pkg-template/src/generated',
  );
});

test('a new table takes one file and one line: the engine reads it and subscribes to it', async () => {
  const { stdout } = await cargo('test', '--offline', '--quiet', '--test=gadgets');
  assert.match(stdout, /1 passed/);
});

test('a new table takes one file and one line: its functions and keys are in the package', async () => {
  const outfile = at('bundle.mjs');
  await build({ entryPoints: [at('pkg-template/src/index.ts')], bundle: true, format: 'esm', outfile });
  const { cacheKeys, db } = await import(outfile);
  for (const name of ['getGadgets', 'createGadget', 'updateGadget'])
    assert.equal(typeof db[name], 'function');
  const user = 'AAAAAAAA-1111-4111-8111-111111111111';
  assert.equal(cacheKeys.gadgets(user), `gadgets:${user.toLowerCase()}`);
});

test('a new table takes one file and one line: its rows, functions, keys and changes are typed', async () => {
  await run(tsc, ['-p', at('pkg-template'), '--outDir', at('pkg')]);
  await cp(join(root, 'pkg-template/src/generated/bindings.d.ts'), at('pkg/generated/bindings.d.ts'));
  await mkdir(at('consumer'), { recursive: true });
  await writeFile(at('consumer/gadgets.ts'), CONSUMER);
  const options = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--module',
    'esnext',
    '--target',
    'es2022',
  ];
  const complaints = await run(tsc, [
    ...options,
    '--moduleResolution',
    'bundler',
    at('consumer/gadgets.ts'),
  ]).then(
    () => '',
    (error) => String(error.stdout),
  );
  assert.equal(complaints, '');
});
