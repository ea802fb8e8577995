// @ts-check
import assert from 'node:assert/strict';
import { FAULTS } from './faults.mjs';
import { OPERATIONS } from './operations.mjs';

/** @typedef {import('./cells.mjs').Cell} Cell */
/** @typedef {import('./cells.mjs').Result} Result */

const ATTEMPTS = 3;

/**
 * What a cell is to end with.
 *
 * @param {Cell} cell
 * @param {Result} result
 */
export function check({ fault: name, operation: of, times }, result) {
  const fault = FAULTS[name];
  const operation = OPERATIONS[of];
  const isMet = fault.kind !== 'late';
  if (operation.kind === 'subscribe') return checkSubscription(fault, times, result);

  // A fault that passes is not seen by the caller; one that stays is told by its own code.
  const fails = fault.isFinal || (isMet && fault.kind !== 'restart' && times === 'always');
  const own = fault.code ?? 'NETWORK';
  // The replay of a batch is refused with 409, because its rows are there.
  const refusesReplays = of === 'batch' && fault.kind === 'after';
  if (!fails) assert.equal(result.outcome, 'value', result.said);
  else if (fault.isFinal) assert.equal(result.outcome, own);
  else assert.deepEqual([result.outcome, result.cause], ['RETRY_EXHAUSTED', own]);
  if (fails && fault.says) assert.match(result.said, fault.says, 'the error says what happened');

  // One row, or none where the server never acted: never two.
  const isDone = !fails || fault.kind === 'after';
  const { leaves = 1, rows, entries = 0 } = operation;
  if (rows) assert.equal(result.rows, isDone ? leaves : 1 - leaves, 'rows in the database');

  // Nothing that failed is kept as if it had been read.
  assert.equal(result.entries, fails ? 0 : entries, 'entries in the cache');

  if (fault.kind === 'restart') return assert.ok(result.requests >= 1);
  // An insert whose answer was lost is looked for by its id once the replay says that it is there; a batch that was
  // refused for that reason is sent once more as a replay.
  const attempts = fault.isFinal ? 1 : !isMet ? 1 : times === 'always' ? ATTEMPTS : 2;
  const verifies =
    (operation.kind === 'insert' || refusesReplays) && fault.kind === 'after' && times === 'once' ? 1 : 0;
  assert.equal(result.requests, attempts + verifies, 'requests that the server counted');
}

/**
 * A subscription never gives up: it is live in the end, and tells a change once.
 *
 * @param {import('./faults.mjs').Fault} fault
 * @param {Cell['times']} times
 * @param {Result} result
 */
function checkSubscription(fault, times, result) {
  assert.equal(result.outcome, 'value');
  assert.equal(result.events, 1, 'times that a change was told');
  if (fault.kind === 'restart') return;
  const failed = fault.kind === 'late' ? 0 : times === 'once' ? 1 : ATTEMPTS;
  assert.ok(result.requests > failed, 'it connected again after each that failed');
}
