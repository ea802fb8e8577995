// @ts-check
import assert from 'node:assert/strict';

/** @typedef {Awaited<ReturnType<typeof import('./support.mjs').useStack>>} Consumed */

/**
 * Checks what `exercise` in the fixtures did in a runtime.
 *
 * @param {Consumed} consumed
 * @param {string} text
 */
export async function checkExercise({ stack }, text) {
  assert.ok(text.startsWith('{'), text);
  const result = JSON.parse(text);
  const [found] = await stack.sql('select to_jsonb(w) as row from public.workflows w where id = $1', [
    result.made?.id,
  ]);
  assert.deepEqual(result, {
    made: found?.row,
    again: [found?.row, found?.row],
    isListed: true,
    nodes: ['a', 'b'],
    isCached: true,
    refused: 'INVALID_INPUT',
    underWay: 'ABORTED',
  });
}
