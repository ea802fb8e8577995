// @ts-check
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as sleep } from 'node:timers/promises';
import { noteMemories } from './linear-memory.mjs';
import { until } from './until.mjs';

setFlagsFromString('--expose-gc');
const collectGarbage = /** @type {() => void} */ (runInNewContext('gc'));

/** Collects what is unreachable, and lets the callbacks that follow from that run. */
export async function collect() {
  // What a callback lets go of is collected by the next round.
  for (let round = 0; round < 5; round += 1) {
    collectGarbage();
    await sleep(1);
  }
}

/** Waits until every one of these objects is collected. @param {WeakRef<object>[]} references */
export function collected(references) {
  return until(async () => {
    await collect();
    return references.every((reference) => reference.deref() === undefined);
  });
}

/**
 * The bytes of linear memory of all WebAssembly instances that are started from now on, in this process.
 *
 * @returns {() => number}
 */
export function watchLinearMemory() {
  const memories = noteMemories();
  return () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
}
