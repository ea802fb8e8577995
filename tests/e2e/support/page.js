// @ts-check
// Runs in the page: defines the package and a few helpers as globals, for the functions that tests run there.
import * as wdb from '/pkg/index.js';

/** @param {any} error */
function described(error) {
  if (!(error instanceof Error)) return error;
  const isOurs = error instanceof wdb.DatabaseError;
  const { name, message, code, status, details, hint, attempts, retryable, originalError } =
    /** @type {any} */ (error);
  return {
    name,
    message,
    isOurs,
    code,
    status,
    details,
    hint,
    attempts,
    retryable,
    cause: described(originalError),
  };
}

/** The result of a promise in a form that can be sent out of the page: `{ value }` or `{ error }`. @param {any} promise */
async function outcome(promise) {
  try {
    return { value: await promise };
  } catch (error) {
    return { error: described(error) };
  }
}

/** The error that a promise rejects with. @param {any} promise */
async function failure(promise) {
  const { error, value } = await outcome(promise);
  if (error === undefined) throw new Error(`Expected a failure, got ${JSON.stringify(value)}`);
  return error;
}

/** The error that a function throws. @param {() => unknown} act */
function thrown(act) {
  try {
    act();
  } catch (error) {
    return described(error);
  }
  throw new Error('Expected it to throw');
}

/**
 * A fetch that holds back responses until they are released.
 *
 * `isHeld` selects the requests whose responses are held back on arrival. An aborted request ends at once.
 *
 * @param {(url: string, init: RequestInit) => boolean} isHeld
 */
function gatedFetch(isHeld) {
  /** @type {{ url: string, release: () => void }[]} */
  const held = [];
  return {
    held,
    /** Waits until `count` responses have arrived and are held back. @param {number} count */
    arrived: (count) => until(() => held.length >= count),
    /** Releases every response that is held back. */
    release: () => held.splice(0).forEach((answer) => answer.release()),
    /** @param {string} url @param {RequestInit} init */
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (isHeld(url, init))
        await new Promise((resolve) => held.push({ url, release: () => resolve(undefined) }));
      return response;
    },
  };
}

/** Waits for a condition. @param {() => unknown} condition */
async function until(condition) {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited 10 s for: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Object.assign(globalThis, {
  wdb,
  db: wdb.db,
  cache: wdb.getCacheManager(),
  outcome,
  failure,
  thrown,
  gatedFetch,
  until,
});
document.documentElement.dataset.isReady = 'true';
