// @ts-check
// The states of a hook's query, and the effect of each event.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { internals } from '../properties/support.mjs';

const { initialState, isAwaited, isUnderWay, transition } = await internals(
  'pkg-template/src/react/query-state.ts',
);

const KEY = 'workflow:1';
const ABSENT = { stored: undefined, nowMs: 0 };
const ERROR = { code: 'NETWORK' };

/**
 * The state after these events, each with the stored data (`stored`) and the time (`nowMs`).
 *
 * @param {any} state
 * @param {...any} events
 */
const after = (state, ...events) =>
  events.reduce(
    (/** @type {any} */ before, { stored, isRestored, nowMs, ...event }) =>
      transition(before, event, { ...ABSENT, stored, isRestored, nowMs: nowMs ?? 0 }),
    state,
  );

/** @param {any} [more] the stored and borrowed data */
const made = ({ stored, borrowed, ...spec } = {}) => initialState({ key: KEY, ...spec }, stored, borrowed);
const OBSERVED = { type: 'observed' };
const answered = (/** @type {number} */ read, /** @type {any} */ data) => ({
  type: 'answered',
  read,
  data,
  isAtOnce: false,
});
const stored = (/** @type {any} */ data) => ({ type: 'entryChanged', stored: data });
/** An entry of an earlier visit. */
const restored = (/** @type {any} */ data) => ({ ...stored(data), isRestored: true });
const LEFT = { type: 'entryChanged' };
const REFRESHED = { type: 'refreshed', isAwaited: true };
const settled = after(made(), OBSERVED, stored('a'), { ...answered(1, 'a'), stored: 'a' });

/** The part of a state that a component sees. @param {any} state */
const seen = ({ activity, answer, error }) => [
  activity.status,
  answer?.data,
  ...(isAwaited(activity) ? ['loading'] : isUnderWay(activity) ? ['fetching'] : []),
  ...(error ? [error.code] : []),
];

/** @type {[name: string, state: any, expected: unknown[]][]} */
const TABLE = [
  [
    'without a key nothing is asked',
    after(made({ key: '' }), OBSERVED, REFRESHED, LEFT),
    ['disabled', undefined],
  ],
  ['before it is shown it loads', made(), ['new', undefined, 'loading']],
  ['what is stored is shown at once', made({ stored: 'a' }), ['new', 'a']],
  [
    'what is stored is not asked for',
    after(made({ stored: 'a' }), { ...OBSERVED, stored: 'a' }),
    ['settled', 'a'],
  ],
  [
    'a page is asked for although it is stored',
    after(made({ stored: 'a', isAlwaysAsked: true }), { ...OBSERVED, stored: 'a' }),
    ['reading', 'a', 'loading'],
  ],
  [
    'another page’s answer is shown while the own one loads',
    after(made({ borrowed: 'a' }), OBSERVED),
    ['reading', 'a', 'loading'],
  ],
  [
    'what was evicted before it was mounted is read in the background',
    after(made({ stored: 'a' }), OBSERVED),
    ['reading', 'a', 'fetching'],
  ],
  [
    'what another one read before it was mounted ends the loading',
    after(made(), { ...OBSERVED, stored: 'a' }),
    ['settled', 'a'],
  ],
  [
    'mounted twice, it reads once',
    after(made(), OBSERVED, { type: 'unobserved' }, OBSERVED, answered(1, 'a')),
    ['settled', 'a'],
  ],
  ['an answer ends the loading', after(made(), OBSERVED, answered(1, 'a')), ['settled', 'a']],
  ['a missing row is an answer', after(made(), OBSERVED, answered(1, null)), ['settled', null]],
  ['an entry that leaves is read in the background', after(settled, LEFT), ['waiting', 'a', 'fetching']],
  [
    'an entry that comes back while it is waited for is not read',
    after(settled, LEFT, stored('b')),
    ['settled', 'b'],
  ],
  ['a refresh loads', after(settled, REFRESHED), ['reading', 'a', 'loading']],
  [
    'a background refresh does not',
    after(settled, { ...REFRESHED, isAwaited: false }),
    ['reading', 'a', 'fetching'],
  ],
  [
    'an earlier read’s answer does not count',
    after(settled, REFRESHED, REFRESHED, answered(2, 'old')),
    ['reading', 'a', 'loading'],
  ],
  [
    'an earlier read’s failure does not count',
    after(settled, REFRESHED, REFRESHED, { type: 'failed', read: 2, error: ERROR }),
    ['reading', 'a', 'loading'],
  ],
  [
    'an answer that was overtaken is shown, and read again',
    after(made(), OBSERVED, LEFT, answered(1, 'old')),
    ['waiting', 'old', 'fetching'],
  ],
  [
    'what is stored is newer than an answer that was overtaken',
    after(settled, REFRESHED, LEFT, { ...answered(2, 'old'), stored: 'b' }),
    ['settled', 'b'],
  ],
  [
    'what changed during the read is newer than an answer that was overtaken',
    after(settled, REFRESHED, stored('b'), LEFT, answered(2, 'old')),
    ['waiting', 'b', 'loading'],
  ],
  [
    'loading ends when what is waited for is stored',
    after(settled, REFRESHED, stored('b'), LEFT, answered(2, 'old'), stored('c')),
    ['settled', 'c'],
  ],
  [
    'a failure leaves what is shown',
    after(settled, REFRESHED, { type: 'failed', read: 2, error: ERROR, stored: 'a' }),
    ['failed', 'a', 'NETWORK'],
  ],
  [
    'an entry that is stored ends a failure',
    after(made(), OBSERVED, { type: 'failed', read: 1, error: ERROR }, stored('a')),
    ['settled', 'a'],
  ],
  [
    'changes that flow again end the wait after a failure',
    after(made(), OBSERVED, { type: 'failed', read: 1, error: ERROR }, { type: 'recovered' }),
    ['waiting', undefined, 'fetching', 'NETWORK'],
  ],
  [
    'what was written stays shown until it is read',
    after(settled, LEFT, { type: 'written', data: 'b' }),
    ['waiting', 'b', 'fetching'],
  ],
  [
    'a write during a read is newer than the answer that it overtakes',
    after(settled, REFRESHED, { type: 'written', data: 'b' }, LEFT, answered(2, 'a')),
    ['waiting', 'b', 'loading'],
  ],
  [
    'a row that is written where there was none is shown',
    after(made(), OBSERVED, answered(1, null), { type: 'written', data: 'a' }),
    ['settled', 'a'],
  ],
  [
    'a row that is made is read',
    after(made(), OBSERVED, answered(1, null), { type: 'rowChanged' }),
    ['waiting', null, 'fetching'],
  ],
  [
    'a row that is known is not read for its change',
    after(settled, { type: 'rowChanged', stored: 'a' }),
    ['settled', 'a'],
  ],
  [
    'an answer that nothing overtook is newer than what was written before',
    after(settled, REFRESHED, { type: 'written', data: 'b' }, answered(2, 'c')),
    ['settled', 'c'],
  ],
  [
    'another page’s answer is never newer than the own one',
    after(made({ borrowed: 'a' }), OBSERVED, { type: 'written', data: 'b' }, LEFT, answered(1, 'old')),
    ['waiting', 'old', 'fetching'],
  ],
  [
    'an answer that was overtaken while it was hidden is not read again until it is shown',
    after(settled, REFRESHED, LEFT, { type: 'unobserved' }, answered(2, 'old')),
    ['settled', 'old'],
  ],
  [
    'what is stored stays as it is under a write',
    after(settled, { type: 'written', data: 'b', stored: 'a' }),
    ['settled', 'a'],
  ],
  [
    'a row that is made during its read is not read once more',
    after(made(), OBSERVED, answered(1, null), REFRESHED, { type: 'rowChanged' }),
    ['reading', null, 'loading'],
  ],
  [
    'another user sees nothing of the one before',
    after(settled, { type: 'userChanged' }),
    ['waiting', undefined, 'loading'],
  ],
  [
    'the old user’s answer does not count',
    after(settled, REFRESHED, { type: 'userChanged' }, answered(2, 'a')),
    ['waiting', undefined, 'loading'],
  ],
  [
    'an entry of an earlier visit is shown while the server is asked',
    after(made(), OBSERVED, restored('a')),
    ['reading', 'a', 'fetching'],
  ],
  [
    'an entry of an earlier visit is read when it is shown first',
    after(made({ stored: 'a' }), { ...OBSERVED, stored: 'a', isRestored: true }),
    ['reading', 'a', 'fetching'],
  ],
  [
    'the answer replaces the entry of an earlier visit',
    after(made(), OBSERVED, restored('a'), { ...answered(1, 'b'), stored: 'b' }),
    ['settled', 'b'],
  ],
  [
    'an answer from an earlier visit is shown, and the server is asked again',
    after(made(), OBSERVED, restored('a'), { ...answered(1, 'a'), stored: 'a', isRestored: true }),
    ['failed', 'a'],
  ],
  [
    'an entry of an earlier visit is read when the server can be reached again',
    after(
      made(),
      OBSERVED,
      restored('a'),
      { ...answered(1, 'a'), stored: 'a', isRestored: true },
      { type: 'recovered', stored: 'a', isRestored: true },
    ),
    ['waiting', 'a', 'fetching'],
  ],
  [
    'a hidden component waits for the next user’s rows until it is shown',
    after(settled, { type: 'unobserved' }, { type: 'userChanged' }),
    ['new', undefined, 'loading'],
  ],
];

for (const [name, state, expected] of TABLE) test(name, () => assert.deepEqual(seen(state), expected));

test('an entry that is dropped repeatedly is read with growing delays, and at once after it stayed for a second', () => {
  let [state, nowMs] = [settled, 0];
  const waits = [];
  for (let turn = 0; turn < 9; turn += 1) {
    state = after(state, { ...LEFT, nowMs });
    waits.push(state.activity.waitMs);
    nowMs += state.activity.waitMs;
    state = after(state, { type: 'waited' }, { ...answered(state.reads + 1, turn), nowMs });
  }
  assert.deepEqual(waits, [0, 50, 100, 200, 400, 800, 1600, 2000, 2000]);
  assert.equal(after(state, { ...LEFT, nowMs: nowMs + 5_001 }).activity.waitMs, 0);
});

test('an entry composed of others is always read again at once', () => {
  const again = [LEFT, { type: 'waited' }, { ...answered(2, 'b'), isAtOnce: true }, LEFT];
  assert.equal(after(settled, ...again).activity.waitMs, 0);
});

test('a failed read is retried with growing delays of up to a minute', () => {
  let state = after(made(), OBSERVED);
  const waits = [];
  for (let read = 1; read < 8; read += 1) {
    state = after(state, { type: 'failed', read, error: ERROR });
    waits.push(state.activity.waitMs);
    state = after(state, { type: 'waited' });
  }
  assert.deepEqual(waits, [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  const anew = after(
    state,
    answered(8, 'a'),
    LEFT,
    { type: 'waited' },
    { type: 'failed', read: 9, error: ERROR },
  );
  assert.equal(anew.activity.waitMs, 2000);
});

test('an entry from an earlier visit is requested from the server with growing delays', () => {
  let state = after(made(), OBSERVED, restored('a'));
  const waits = [];
  for (let read = 1; read < 4; read += 1) {
    state = after(state, { ...answered(read, 'a'), stored: 'a', isRestored: true });
    waits.push(state.activity.waitMs);
    state = after(state, { type: 'waited', stored: 'a', isRestored: true });
  }
  assert.deepEqual(waits, [2000, 4000, 8000]);
});

test('permanent errors are not retried, not even when changes flow again', () => {
  for (const code of ['INVALID_INPUT', 'NOT_CONFIGURED', '42501']) {
    const failed = after(made(), OBSERVED, { type: 'failed', read: 1, error: { code } });
    assert.deepEqual(failed.activity, { status: 'failed', waitMs: undefined });
    assert.equal(after(failed, { type: 'recovered' }), failed);
  }
});

test('an unmounted component leaves no timer, and reads when it remounts', () => {
  const failed = after(made(), OBSERVED, { type: 'failed', read: 1, error: ERROR }, { type: 'unobserved' });
  assert.equal(failed.activity.waitMs, undefined);
  assert.deepEqual(seen(after(failed, OBSERVED)), ['reading', undefined, 'fetching', 'NETWORK']);
  const gone = after(settled, LEFT, { type: 'unobserved' });
  assert.deepEqual(seen(gone), ['settled', 'a']);
  assert.deepEqual(seen(after(gone, OBSERVED)), ['reading', 'a', 'fetching']);
});

test('only a refresh bypasses the cache', () => {
  const isFresh = (/** @type {any} */ state) => state.activity.isFresh;
  assert.deepEqual(
    [after(made(), OBSERVED), after(settled, LEFT, { type: 'waited' }), after(settled, REFRESHED)].map(
      isFresh,
    ),
    [false, false, true],
  );
});

test('requesting a read that is in progress or scheduled changes nothing', () => {
  const refetched = { ...REFRESHED, isAwaited: false };
  const reading = after(settled, REFRESHED);
  const waiting = after(settled, LEFT);
  assert.equal(after(reading, refetched), reading);
  assert.equal(after(waiting, refetched), waiting);
  assert.equal(after(waiting, LEFT), waiting);
});

test('a failed refresh is not retried while the stored data is live', () => {
  const failed = after(settled, REFRESHED, { type: 'failed', read: 2, error: ERROR, stored: 'a' });
  assert.equal(failed.activity.waitMs, undefined);
  assert.equal(after(failed, { type: 'recovered', stored: 'a' }), failed);
});
