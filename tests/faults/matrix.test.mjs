// @ts-check
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { until } from '../e2e/support/until.mjs';
import { useWorld } from '../e2e/support/world.mjs';
import { prepareCell } from './support/cells.mjs';
import { FAULTS } from './support/faults.mjs';
import { check } from './support/rules.mjs';
import { CELLS, CORE_CELLS, runApart } from './support/runner.mjs';
import { writeTable } from './support/table.mjs';

/** @typedef {import('./support/cells.mjs').Cell} Cell */
/** @typedef {import('./support/runner.mjs').Seen} Seen */

/** `FAULT_MATRIX=full` runs every cell, and `write` also rewrites the page in docs. The default is the core. */
const MODE = process.env.FAULT_MATRIX ?? 'core';
const PAGE = new URL('../../docs/fault-matrix.md', import.meta.url);

const world = await useWorld();
const { stack } = world;
const tab = await world.open({ configured: false, keep: true });

/** Whether the fault affects the whole server and all of its connections, once. */
const isShared = (/** @type {Cell} */ { fault, operation }) =>
  FAULTS[fault].kind === 'restart' || (fault === 'dead socket' && operation === 'subscribe');

/**
 * Runs the cells of a fault together, because it affects the whole server.
 *
 * @param {string} fault
 * @param {(isMet: () => Promise<unknown>) => Promise<unknown>} happen `isMet` begins the calls and resolves once each
 *   has reached the server
 * @returns {Promise<Seen[]>}
 */
async function runTogether(fault, happen) {
  const group = CELLS.filter((cell) => cell.fault === fault && cell.times === 'once' && isShared(cell));
  try {
    return await runGroup(group, happen);
  } catch (broken) {
    return group.map((cell) => ({ cell, broken }));
  }
}

/** @param {Cell[]} group @param {Parameters<typeof runTogether>[1]} happen @returns {Promise<Seen[]>} */
async function runGroup(group, happen) {
  const prepared = await Promise.all(
    group.map(async (cell) => ({ cell, ...(await prepareCell(world, tab, cell)) })),
  );
  const subscriptions = prepared.filter(({ cell }) => cell.operation === 'subscribe');
  const calls = prepared.filter(({ cell }) => cell.operation !== 'subscribe');
  await Promise.all(subscriptions.map(({ open }) => open()));
  /** @type {Promise<Seen[]>} */
  let running = Promise.resolve([]);
  await happen(() => {
    running = Promise.all(calls.map(async ({ cell, run }) => ({ cell, result: await run() })));
    return until(() => calls.every(({ requests }) => requests().length > 0));
  });
  const seen = [...(await running)];
  for (const { cell, changeIsTold } of subscriptions) seen.push({ cell, result: await changeIsTold() });
  await Promise.all(prepared.map(({ close }) => close()));
  return seen;
}

const isFull = MODE !== 'core';
const seen = await runApart(world, tab, isFull ? CELLS.filter((cell) => !isShared(cell)) : CORE_CELLS);
if (isFull) {
  seen.push(...(await runTogether('dead socket', async () => stack.realtime.freeze())));
  const ofServer = runTogether('server restart', async (isMet) => {
    await stack.stopPostgrest();
    stack.realtime.restart({ downMs: 500 });
    await isMet();
    await stack.startPostgrest();
  });
  seen.push(...(await ofServer));
  const ofDatabase = runTogether('database restart', async (isMet) => {
    await Promise.all([stack.crashDatabase(), isMet()]);
    // What is committed before Realtime has connected to the database again is never sent.
    await stack.realtime.settle();
  });
  seen.push(...(await ofDatabase));
}

/** Browsers always log failed requests. Only errors that no code caught count. */
const uncaught = world.takeProblems().filter((problem) => !problem.startsWith('console:'));
test('no fault causes an uncaught error', () => assert.deepEqual(uncaught, []));

for (const { cell, result, broken } of seen) {
  test(`${cell.operation}, ${cell.fault}, ${cell.times}`, () => {
    if (!result) throw broken;
    check(cell, result);
  });
}

test('the page in docs shows the results of the run', { skip: !isFull }, async () => {
  const page = writeTable(seen.flatMap(({ cell, result }) => (result ? [{ cell, result }] : [])));
  if (MODE === 'write') await writeFile(PAGE, page);
  assert.equal(await readFile(PAGE, 'utf8'), page);
});
