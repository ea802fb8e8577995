// @ts-check
import assert from 'node:assert/strict';
import { FAULTS } from './faults.mjs';
import { OPERATIONS } from './operations.mjs';

/** @typedef {import('./cells.mjs').Cell} Cell */
/** @typedef {import('./cells.mjs').Result} Result */

const ATTEMPTS = 3;

/**
 * Checks the result of a cell.
 *
 * @param {Cell} cell
 * @param {Result} result
 * @param {number} [sends] how often the browser itself sends a read whose connection is reset
 */
export function check({ fault: name, operation: of, times }, result, sends = 1) {
  const fault = FAULTS[name];
  const operation = OPERATIONS[of];
  const isMet = fault.kind !== 'late';
  if (operation.kind === 'subscribe') {
    // A restart of the database keeps the socket open: the realtime server resumes replication by itself.
    const isEnded = name === 'server restart' || name === 'dead socket';
    return checkSubscription(fault, isEnded && times === 'once', times, result);
  }

  // The caller does not notice a temporary fault; a permanent one is reported with its code.
  const fails = fault.isFinal || (isMet && fault.kind !== 'restart' && times === 'always');
  const own = fault.code ?? 'NETWORK';
  // The database refuses the replay of a batch with 409, because its rows exist.
  const refusesReplays = of === 'batch' && fault.kind === 'after';
  if (!fails) assert.equal(result.outcome, 'value', result.said);
  else if (fault.isFinal) assert.equal(result.outcome, own);
  else assert.deepEqual([result.outcome, result.cause], ['RETRY_EXHAUSTED', own]);
  if (fails && fault.says) assert.match(result.said, fault.says, 'the error says what happened');

  // One row, or none if the server never processed the request; never two.
  const isDone = !fails || fault.kind === 'after';
  const { leaves = 1, rows, entries = 0 } = operation;
  if (rows) assert.equal(result.rows, isDone ? leaves : 1 - leaves, 'rows in the database');

  // Failed reads leave no cache entries.
  assert.equal(result.entries, fails ? 0 : entries, 'entries in the cache');

  if (fault.kind === 'restart') return assert.ok(result.requests >= 1);
  // After a lost response, an insert is read by its id once the replay reports that it exists. A batch refused for that
  // reason is sent once more as a replay.
  const attempts = fault.isFinal ? 1 : !isMet ? 1 : times === 'always' ? ATTEMPTS : 2;
  const verifies =
    (operation.kind === 'insert' || refusesReplays) && fault.kind === 'after' && times === 'once' ? 1 : 0;
  const isReset = fault.rule?.action.startsWith('reset') && times === 'always';
  const all = (attempts + verifies) * (isReset && operation.kind === 'read' ? sends : 1);
  assert.equal(result.requests, all, 'requests counted by the server');
}

/**
 * A subscription never stops retrying: in the end it is live and reports each change once.
 *
 * @param {import('./faults.mjs').Fault} fault
 * @param {boolean} isEnded whether the fault ends a connection that was live
 * @param {Cell['times']} times
 * @param {Result} result
 */
function checkSubscription(fault, isEnded, times, result) {
  assert.equal(result.outcome, 'value');
  assert.deepEqual(
    result.told,
    ['changed', 'last'],
    'each change is reported once, in order, and nothing else is',
  );
  const first = result.statuses.indexOf('live');
  // Lasting failures are reported before it is live; afterwards, the loss of the connection and the recovery are
  // reported.
  assert.match(result.statuses.slice(0, first + 1).join(), /^(error,)?live$/);
  const after = result.statuses.slice(first + 1).join();
  if (isEnded) assert.match(after, /^reconnecting,(error,)?live$/);
  else assert.equal(after, '');
  if (fault.kind === 'restart') return;
  const failed = fault.kind === 'late' ? 0 : times === 'once' ? 1 : ATTEMPTS;
  assert.ok(result.requests > failed, 'it reconnected after each failure');
}
