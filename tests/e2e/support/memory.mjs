// @ts-check
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as sleep } from 'node:timers/promises';
import { noteMemories } from './linear-memory.mjs';
import { until } from './until.mjs';

setFlagsFromString('--expose-gc');
const collectGarbage = /** @type {() => void} */ (runInNewContext('gc'));

/** Runs garbage collection, and lets the resulting callbacks run. */
export async function collect() {
  // Objects that a callback releases are collected in the next round.
  for (let round = 0; round < 5; round += 1) {
    collectGarbage();
    await sleep(1);
  }
}

/** Waits until all of these objects are collected. @param {WeakRef<object>[]} references */
export function collected(references) {
  return until(async () => {
    await collect();
    return references.every((reference) => reference.deref() === undefined);
  });
}

/**
 * Returns a function for the total linear memory, in bytes, of all WebAssembly instances started from now on in this process.
 *
 * @returns {() => number}
 */
export function watchLinearMemory() {
  const memories = noteMemories();
  return () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
}
