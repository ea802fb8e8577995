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
    'without a key, no request is sent',
    after(made({ key: '' }), OBSERVED, REFRESHED, LEFT),
    ['disabled', undefined],
  ],
  ['it is loading before it is mounted', made(), ['new', undefined, 'loading']],
  ['a cached entry is shown at once', made({ stored: 'a' }), ['new', 'a']],
  [
    'a cached entry is not requested',
    after(made({ stored: 'a' }), { ...OBSERVED, stored: 'a' }),
    ['settled', 'a'],
  ],
  [
    'a page is requested even if it is cached',
    after(made({ stored: 'a', isAlwaysAsked: true }), { ...OBSERVED, stored: 'a' }),
    ['reading', 'a', 'loading'],
  ],
  [
    'the previous page is shown while the next one loads',
    after(made({ borrowed: 'a' }), OBSERVED),
    ['reading', 'a', 'loading'],
  ],
  [
    'an entry evicted before mounting is read in the background',
    after(made({ stored: 'a' }), OBSERVED),
    ['reading', 'a', 'fetching'],
  ],
  [
    'an entry that another component read before mounting ends the loading',
    after(made(), { ...OBSERVED, stored: 'a' }),
    ['settled', 'a'],
  ],
  [
    'mounting twice sends one request',
    after(made(), OBSERVED, { type: 'unobserved' }, OBSERVED, answered(1, 'a')),
    ['settled', 'a'],
  ],
  ['a response ends the loading', after(made(), OBSERVED, answered(1, 'a')), ['settled', 'a']],
  ['a missing row is a result', after(made(), OBSERVED, answered(1, null)), ['settled', null]],
  ['an evicted entry is read in the background', after(settled, LEFT), ['waiting', 'a', 'fetching']],
  [
    'an entry stored before its delayed read is not read',
    after(settled, LEFT, stored('b')),
    ['settled', 'b'],
  ],
  ['a refresh sets loading', after(settled, REFRESHED), ['reading', 'a', 'loading']],
  [
    'a background refresh does not set loading',
    after(settled, { ...REFRESHED, isAwaited: false }),
    ['reading', 'a', 'fetching'],
  ],
  [
    'the response to an earlier read is ignored',
    after(settled, REFRESHED, REFRESHED, answered(2, 'old')),
    ['reading', 'a', 'loading'],
  ],
  [
    'the failure of an earlier read is ignored',
    after(settled, REFRESHED, REFRESHED, { type: 'failed', read: 2, error: ERROR }),
    ['reading', 'a', 'loading'],
  ],
  [
    'an overtaken response is shown and read again',
    after(made(), OBSERVED, LEFT, answered(1, 'old')),
    ['waiting', 'old', 'fetching'],
  ],
  [
    'a cached entry replaces an overtaken response',
    after(settled, REFRESHED, LEFT, { ...answered(2, 'old'), stored: 'b' }),
    ['settled', 'b'],
  ],
  [
    'a change during the read is newer than an overtaken response',
    after(settled, REFRESHED, stored('b'), LEFT, answered(2, 'old')),
    ['waiting', 'b', 'loading'],
  ],
  [
    'loading ends once the awaited entry is cached',
    after(settled, REFRESHED, stored('b'), LEFT, answered(2, 'old'), stored('c')),
    ['settled', 'c'],
  ],
  [
    'a failure keeps the shown data',
    after(settled, REFRESHED, { type: 'failed', read: 2, error: ERROR, stored: 'a' }),
    ['failed', 'a', 'NETWORK'],
  ],
  [
    'a newly cached entry clears the error',
    after(made(), OBSERVED, { type: 'failed', read: 1, error: ERROR }, stored('a')),
    ['settled', 'a'],
  ],
  [
    'a recovered subscription ends the delay after a failure',
    after(made(), OBSERVED, { type: 'failed', read: 1, error: ERROR }, { type: 'recovered' }),
    ['waiting', undefined, 'fetching', 'NETWORK'],
  ],
  [
    'written data stays shown until it is read',
    after(settled, LEFT, { type: 'written', data: 'b' }),
    ['waiting', 'b', 'fetching'],
  ],
  [
    'a write during a read is newer than the response that it overtakes',
    after(settled, REFRESHED, { type: 'written', data: 'b' }, LEFT, answered(2, 'a')),
    ['waiting', 'b', 'loading'],
  ],
  [
    'a row written in place of a missing one is shown',
    after(made(), OBSERVED, answered(1, null), { type: 'written', data: 'a' }),
    ['settled', 'a'],
  ],
  [
    'a created row is read',
    after(made(), OBSERVED, answered(1, null), { type: 'rowChanged' }),
    ['waiting', null, 'fetching'],
  ],
  [
    'a change of a known row causes no read',
    after(settled, { type: 'rowChanged', stored: 'a' }),
    ['settled', 'a'],
  ],
  [
    'a response that was not overtaken is newer than earlier writes',
    after(settled, REFRESHED, { type: 'written', data: 'b' }, answered(2, 'c')),
    ['settled', 'c'],
  ],
  [
    'the previous page is never newer than a response for the own page',
    after(made({ borrowed: 'a' }), OBSERVED, { type: 'written', data: 'b' }, LEFT, answered(1, 'old')),
    ['waiting', 'old', 'fetching'],
  ],
  [
    'a response overtaken while hidden is read again only after mounting',
    after(settled, REFRESHED, LEFT, { type: 'unobserved' }, answered(2, 'old')),
    ['settled', 'old'],
  ],
  [
    'a cached entry takes precedence over written data',
    after(settled, { type: 'written', data: 'b', stored: 'a' }),
    ['settled', 'a'],
  ],
  [
    'a row created during its read is not read a second time',
    after(made(), OBSERVED, answered(1, null), REFRESHED, { type: 'rowChanged' }),
    ['reading', null, 'loading'],
  ],
  [
    'the next user sees no data of the previous one',
    after(settled, { type: 'userChanged' }),
    ['waiting', undefined, 'loading'],
  ],
  [
    'a response for the previous user is ignored',
    after(settled, REFRESHED, { type: 'userChanged' }, answered(2, 'a')),
    ['waiting', undefined, 'loading'],
  ],
  [
    'an entry of an earlier visit is shown while it is read from the server',
    after(made(), OBSERVED, restored('a')),
    ['reading', 'a', 'fetching'],
  ],
  [
    'an entry of an earlier visit is read when its component mounts',
    after(made({ stored: 'a' }), { ...OBSERVED, stored: 'a', isRestored: true }),
    ['reading', 'a', 'fetching'],
  ],
  [
    'the response replaces the entry of an earlier visit',
    after(made(), OBSERVED, restored('a'), { ...answered(1, 'b'), stored: 'b' }),
    ['settled', 'b'],
  ],
  [
    'a response from an earlier visit is shown and read again from the server',
    after(made(), OBSERVED, restored('a'), { ...answered(1, 'a'), stored: 'a', isRestored: true }),
    ['failed', 'a'],
  ],
  [
    'an entry of an earlier visit is read once the server is reachable again',
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

test('an entry that is dropped repeatedly is read with growing delays, which reset after it stayed cached for a second', () => {
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

test('permanent errors are not retried, not even when a subscription recovers', () => {
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
