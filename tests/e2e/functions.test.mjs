// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { FUNCTIONS, OTHERS } from './support/functions.mjs';
import { createTruth } from './support/truth.mjs';
import { useWorld } from './support/world.mjs';

/** @typedef {import('./support/functions.mjs').Estate} Estate */

const world = await useWorld();
const { stack, rows, row, newUser, newEstate } = world;
const truth = createTruth(world);
const adaUser = await newUser('ada');
const graceUser = await newUser('grace');
const [ada, grace, nobody] = await Promise.all([
  world.open({ as: adaUser, keep: true }),
  world.open({ as: graceUser, keep: true }),
  world.open({ keep: true }),
]);

/** The ids of an estate that does not exist. @param {Estate} estate @returns {Estate} */
function nowhere({ connections: [{ connection_id }] }) {
  const [id, user] = [randomUUID(), { id: randomUUID(), email: '', token: '' }];
  const rowOf = () => ({ id: randomUUID(), connection_id, service_name: randomUUID() });
  return {
    user,
    workflow: { id },
    execution: { id },
    nodes: [rowOf(), rowOf()],
    connections: [rowOf()],
    results: [rowOf()],
    apiKey: rowOf(),
    integration: rowOf(),
    template: rowOf(),
    savedTemplate: rowOf(),
    saved: rowOf(),
    marked: rowOf(),
    favorite: rowOf(),
  };
}

/** @param {import('./support/world.mjs').User} user @returns {Promise<Estate>} */
const estateOf = async (user) => ({ ...(await newEstate(user)), ...(await world.newBelongings(user)) });

/** @param {import('./support/world.mjs').Tab} tab @param {string} name @param {unknown[]} args */
async function outcomeOf(tab, name, args) {
  const [{ value, error }] = await tab.calls([name, ...args]);
  if (error) assert.equal(error.isOurs, true, 'rejects with a DatabaseError');
  return error ? { code: error.code, attempts: error.attempts, message: error.message } : value;
}

/** @param {any} actual @param {any} expected */
function assertOutcome(actual, expected) {
  if (expected === 'everybody') assert.ok(actual?.id);
  else if (expected?.code) assert.equal(actual?.code, expected.code, JSON.stringify(actual));
  else assert.deepEqual(actual, expected);
}

test('db has exactly these 71 functions, and `with`', async () => {
  const names = [...Object.keys(FUNCTIONS), ...OTHERS];
  assert.equal(names.length, 71);
  assert.deepEqual(await ada.run(() => Object.keys(db).sort()), [...names, 'with'].sort());
  assert.deepEqual(await ada.run(() => Object.keys(db.with({})).sort()), names.sort());
});

for (const [name, promised] of Object.entries(FUNCTIONS)) {
  const { args, table, target } = promised;
  const isRead = target === undefined;

  test(`${name} works for the user's own row`, async () => {
    const estate = await estateOf(adaUser);
    const given = args(estate);
    const before = await rows(table, 'order by id');
    const value = await outcomeOf(ada, name, given);
    assert.equal(stack.requests.count(), 1, 'in one request');
    if (isRead) {
      assert.deepEqual(value, await truth([name, ...given]));
      return;
    }
    const after = await rows(table, 'order by id');
    const id = target(estate) ?? value.id;
    const others = (/** @type {any[]} */ list) => list.filter((row) => row.id !== id);
    assert.deepEqual(others(after), others(before), 'no other row changes');
    const now = await row(table, id);
    if (/^(delete|remove|unsave)/.test(name)) {
      assert.deepEqual([value, now], [undefined, null]);
      return;
    }
    assert.deepEqual(value, now, 'resolves to the new row');
    assert.notDeepEqual(
      now,
      before.find((row) => row.id === id),
      'which differs from the old one',
    );
    const sentLast = given.at(-1);
    const columns = typeof sentLast === 'object' ? /** @type {object} */ (sentLast) : {};
    for (const [column, sent] of Object.entries(columns)) {
      // Times are converted; rows.test.mjs tests that.
      if (!column.endsWith('_at')) assert.deepEqual(now[column], sent, column);
    }
  });

  test(`${name} of a missing row`, async () => {
    const estate = await estateOf(adaUser);
    const outcome = await outcomeOf(ada, name, args(nowhere(estate)));
    assertOutcome(outcome, promised.missing);
    assert.equal(
      stack.requests.count(),
      promised.requestsToMiss ?? 1,
      'with the documented number of requests',
    );
    if (outcome?.code) assert.equal(outcome.attempts, 1);
  });

  test(`${name} of another user's row`, async () => {
    const estate = await estateOf(adaUser);
    const before = await rows(table, 'order by id');
    assertOutcome(await outcomeOf(grace, name, args(estate)), promised.foreign);
    assert.deepEqual(await rows(table, 'order by id'), before);
  });

  test(`${name} without a signed-in user`, async () => {
    const estate = await estateOf(adaUser);
    const before = await rows(table, 'order by id');
    assertOutcome(await outcomeOf(nobody, name, args(estate)), promised.anonymous);
    assert.deepEqual(await rows(table, 'order by id'), before);
  });

  test(`${name} refuses invalid input by name, sends nothing, and quotes no value`, async () => {
    const estate = await estateOf(adaUser);
    const bad = promised.bad(estate);
    assert.ok(bad.length > 0);
    const outcomes = await ada.calls(...bad.map(([list]) => /** @type {[string]} */ ([name, ...list])));
    for (const [index, [list, named]] of bad.entries()) {
      const { error, value } = outcomes[index];
      const shown = JSON.stringify(list);
      assert.equal(error?.code, 'INVALID_INPUT', `${shown} gave ${JSON.stringify(value ?? error)}`);
      // For JSON columns, the path within the column follows.
      const expected = new RegExp(`^${named}([.[][^:]*)?: expected `);
      assert.ok(expected.test(error.message), `${shown}: ${error.message}`);
      assert.deepEqual([error.attempts, error.retryable, error.isOurs], [0, false, true]);
    }
    assert.equal(stack.requests.count(), 0);
  });
}

test("another user's public workflow can be read but not changed", async () => {
  const workflow = await world.newWorkflow(adaUser, { is_public: true });
  const outcomes = await grace.calls(
    ['getWorkflow', workflow.id],
    ['getWorkflows', adaUser.id],
    ['updateWorkflow', workflow.id, { name: 'mine' }],
    ['deleteWorkflow', workflow.id],
  );
  assert.deepEqual(outcomes[0].value, workflow);
  assert.deepEqual(outcomes[1].value, [workflow]);
  assert.deepEqual([outcomes[2].error.code, outcomes[3].error.code], ['NOT_FOUND', 'NOT_FOUND']);
  assert.deepEqual(await row('workflows', workflow.id), workflow);
});
