// @ts-check
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, test } from 'node:test';
import { useStack } from './helpers.mjs';
import { comparable, readRecording, recorded, replay } from './realtime-replay.mjs';

const stack = await useStack({ migrations: [] });
await stack.sql(await readFile(new URL('fixtures/realtime/schema.sql', import.meta.url), 'utf8'));

afterEach(async () => {
  await stack.sql('truncate workflows, workflow_nodes, notes_open');
});

/**
 * @typedef {object} Recording
 * @property {string} name
 * @property {number} [from] the millisecond to start at
 * @property {number} [to] and to end at
 * @property {boolean} [filteredDeletes] true for current servers, such as hosted ones
 * @property {number} [pollMs]
 * @property {string} [before] SQL that the recording lacks
 * @property {boolean} [unordered] concurrent joins of the same topic, which the server handles in parallel
 */

/** @type {Recording[]} */
const RECORDINGS = [
  ...['', 'vsn2/'].flatMap((folder) =>
    [
      'basic-insert-update-delete',
      'delete-with-replica-identity-full',
      'rls-hides-other-user',
      'leave',
      'heartbeat',
    ].map((name) => ({ name: `${folder}${name}` })),
  ),
  ...[
    'basic-insert-update-delete',
    'delete-filter-on-primary-key',
    'delete-with-replica-identity-full',
    'rls-hides-other-user',
  ].map((name) => ({ name: `newer-delete-filter/${name}`, filteredDeletes: true, to: 8072 })),
  { name: 'two-bindings-one-channel' },
  { name: 'broadcast-presence-vsn1' },
  { name: 'filter-types' },
  { name: 'delete-filter-on-primary-key' },
  { name: 'rls-poll-time-visibility', pollMs: 100 },
  // Earlier, the recording tests timing itself, which realtime.test.mjs covers.
  { name: 'access-token-refresh', from: 15_258 },
  { name: 'expired-token', from: 15_526 },
  { name: 'bad-filter-unknown-table' },
  {
    name: 'errors-401-400',
    before: `create table no_pk (user_id uuid, body text);
      create table no_grant (id int primary key, body text);
      revoke all on no_grant from authenticated;
      create table col_grant (id int primary key, visible text, secret text);
      revoke all on col_grant from authenticated;
      grant select (id, visible) on col_grant to authenticated;
      alter publication supabase_realtime add table no_pk, no_grant, col_grant`,
  },
  { name: 'duplicate-topic-join', unordered: true },
];

for (const recording of RECORDINGS) {
  test(`responds like the real server: ${recording.name}`, async () => {
    stack.settings.change({
      realtimeFilteredDeletes: recording.filteredDeletes ?? false,
      realtimePollMs: recording.pollMs ?? 0,
      realtimeErrorMs: 60_000,
    });
    if (recording.before) await stack.sql(recording.before);
    const lines = readRecording(recording.name, recording).filter(({ sql }) => !sql?.includes('…('));
    const expected = recorded(lines);
    const actual = await replay(stack, lines);
    assert.ok(expected.size > 0);
    for (const [sock, { frames, refused, closed }] of expected) {
      const here = actual.get(sock);
      assert.deepEqual([sock, here?.refused, here?.closed], [sock, refused, closed]);
      const [wanted, got] = [comparable(frames), comparable(here?.frames ?? [])];
      if (recording.unordered) [wanted, got].forEach(asSets);
      assert.deepEqual(got, wanted);
    }
  });
}

/**
 * Ignores order and repetition: whether the first of two joins gets as far as its system message is random.
 *
 * @param {Record<string, unknown[]>} lists
 */
function asSets(lists) {
  for (const [name, list] of Object.entries(lists)) {
    lists[name] = [...new Set(list.map((entry) => JSON.stringify(entry)))].sort();
  }
}
