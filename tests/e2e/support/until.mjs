// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Something to wait for, and how to end the wait. */
export function newGate() {
  let open = () => {};
  const opened = new Promise((resolve) => (open = () => resolve(undefined)));
  return { opened, open };
}

/**
 * Waits for a condition.
 *
 * @template T
 * @param {() => T | Promise<T>} condition called until it returns a truthy value
 * @param {number} [timeoutMs]
 * @returns {Promise<T>}
 */
export async function until(condition, timeoutMs = 30_000) {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`Waited ${timeoutMs} ms for: ${condition}`);
    await sleep(POLL_MS);
  }
}
