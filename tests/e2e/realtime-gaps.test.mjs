// @ts-check
// Changes committed without a frame: detected by reading scopes again, and reported once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { useLive } from './support/live.mjs';
import { newGate, until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

/** @typedef {import('./support/live.mjs').Told} Told */

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow, newNodes, newExecutions, rows } = world;
const { follow, begin, told, hears, rest, stands, hideAndShow, change, remove } = useLive(world);

/** A new user with one row in each table, and their page. */
async function openPage(options = {}) {
  const ada = await newUser('ada');
  const estate = await newEstate(ada);
  return { ada, estate, tab: await world.open({ as: ada, options }) };
}

/**
 * Commits changes that the server does not report.
 *
 * @template T
 * @param {() => Promise<T>} commit
 */
async function unheard(commit) {
  const { opened, open } = newGate();
  await stack.realtime.breakReplication({ until: opened });
  try {
    return await commit();
  } finally {
    open();
    await stack.realtime.settle();
  }
}

const idsOf = (/** @type {Told[]} */ heard) => heard.map(({ record }) => record.id).sort();

test('five hundred changes that were committed while the socket was down arrive once each', async () => {
  const { ada, estate, tab } = await openPage();
  const old = await newExecutions(
    estate.workflow,
    Array.from({ length: 200 }, () => ({})),
  );
  await follow(tab, 'workflow_executions', { scope: ada.id });
  stack.realtime.restart({ downMs: Infinity });
  await stands(tab, 'reconnecting');
  const fresh = await newExecutions(
    estate.workflow,
    Array.from({ length: 300 }, () => ({})),
  );
  const [updated, deleted] = [old.slice(0, 100), old.slice(100)].map((part) => part.map(({ id }) => id));
  await stack.sql(`update workflow_executions set status = 'failed' where id = any($1)`, [updated]);
  await stack.sql('delete from workflow_executions where id = any($1)', [deleted]);
  stack.realtime.restart();
  await hears(tab, 500);
  await rest();
  const heard = await told(tab);
  assert.equal(heard.length, 500);
  const of = (/** @type {string} */ wanted) => idsOf(heard.filter(({ type }) => type === wanted));
  assert.deepEqual(of('INSERT'), fresh.map(({ id }) => id).sort());
  assert.deepEqual(of('UPDATE'), updated.toSorted());
  assert.deepEqual(of('DELETE'), deleted.toSorted());
  assert.ok(heard.every(({ origin, commitTimestamp }) => origin === 'resync' && commitTimestamp === null));
  assert.ok(heard.every(({ type, old }) => (old === null) === (type === 'INSERT')));
});

test('a row changed three times during a gap is reported once, with its final state', async () => {
  const { ada, estate, tab } = await openPage();
  await follow(tab, 'workflow_executions', { scope: ada.id });
  stack.realtime.restart({ downMs: Infinity });
  await stands(tab, 'reconnecting');
  const { id } = estate.execution;
  for (const count of [7, 8, 9]) await change('workflow_executions', id, 'node_count', count);
  const [shortLived] = await newExecutions(estate.workflow, [{}]);
  await remove('workflow_executions', shortLived.id);
  stack.realtime.restart();
  await stands(tab, 'live');
  await rest();
  const heard = await told(tab);
  assert.deepEqual(
    heard.map(({ type, record }) => [type, record.id, record.node_count]),
    [['UPDATE', id, 9]],
  );
});

test('commits between the first read and readiness are reported, also on a cold server', async () => {
  stack.settings.change({ realtimeColdMs: 4000 });
  stack.realtime.restart();
  const { ada, tab } = await openPage();
  await begin(tab, 'workflows', { scope: ada.id });
  await until(() => stack.realtime.inspect().channels.length === 1);
  await rest();
  const workflow = await newWorkflow(ada);
  assert.equal(await tab.run(() => following.first.handle.status), 'connecting');
  const [{ type, origin, record }] = await hears(tab, 1);
  assert.deepEqual([type, origin, record], ['INSERT', 'resync', workflow]);
  await rest();
  assert.equal((await told(tab)).length, 1);
});

test('rows that changed between their read and the subscription are reported', async () => {
  const { ada, estate, tab } = await openPage();
  await tab.run((id) => db.getWorkflows(id), ada.id);
  await change('workflows', estate.workflow.id, 'description', 'behind its back');
  const fresh = await newWorkflow(ada);
  await follow(tab, 'workflows', { scope: ada.id });
  await hears(tab, 2);
  assert.deepEqual(idsOf(await told(tab)), [estate.workflow.id, fresh.id].sort());
});

test('silently lost changes are found by a periodic resync', async () => {
  const { ada, tab } = await openPage({ realtime: { resyncMs: 400 } });
  await follow(tab, 'workflows', { scope: ada.id });
  const workflow = await unheard(() => newWorkflow(ada));
  const [{ origin, record }] = await hears(tab, 1);
  assert.deepEqual([origin, record], ['resync', workflow]);
});

test('silently lost changes are found when the page becomes visible after a while', async () => {
  const { ada, tab } = await openPage();
  await follow(tab, 'workflows', { scope: ada.id });
  const workflow = await unheard(() => newWorkflow(ada));
  await rest();
  await hideAndShow(tab, 1000);
  await rest();
  assert.deepEqual(await told(tab), [], 'a short absence does not cause a read of everything');
  await hideAndShow(tab, 61_000);
  const [{ origin, record }] = await hears(tab, 1);
  assert.deepEqual([origin, record], ['resync', workflow]);
});

test('a row transferred to another user is reported as deleted when the scope is read again', async () => {
  const { ada, estate, tab } = await openPage();
  const eve = await newUser('eve');
  await follow(tab, 'workflows', { scope: ada.id });
  await change('workflows', estate.workflow.id, 'user_id', eve.id);
  await rest();
  await hideAndShow(tab, 61_000);
  const [{ type, record }] = await hears(tab, 1);
  assert.deepEqual([type, record], ['DELETE', estate.workflow]);
});

test('a scope of more than 5 000 rows is not compared: its entries are dropped, and onGap is called', async () => {
  const { ada, estate, tab } = await openPage();
  await stack.sql(
    'insert into workflow_executions (workflow_id, user_id) select $1, $2 from generate_series(1, 5001)',
    [estate.workflow.id, ada.id],
  );
  await rest();
  await tab.run((id) => db.getExecution(id), estate.execution.id);
  await follow(tab, 'workflow_executions', { scope: ada.id });
  await until(() => tab.run(() => following.first.gaps > 0));
  const key = await tab.run((id) => wdb.cacheKeys.execution(id), estate.execution.id);
  assert.equal(await tab.run((key) => cache.get(key), key), null);
  await tab.run((id) => db.getExecution(id), estate.execution.id);
  await change('workflow_executions', estate.execution.id, 'status', 'failed');
  const [{ type, record, origin }] = await hears(tab, 1);
  assert.deepEqual([type, record.id, origin], ['UPDATE', estate.execution.id, 'live']);
  const before = await tab.run(() => following.first.gaps);
  stack.realtime.drop();
  await until(() => tab.run((before) => following.first.gaps > before, before));
  assert.equal(await tab.run((key) => cache.get(key), key), null);
});

test('exactly 5 000 rows are compared', async () => {
  const { ada, estate, tab } = await openPage();
  await stack.sql(
    'insert into workflow_executions (workflow_id, user_id) select $1, $2 from generate_series(1, 4998)',
    [estate.workflow.id, ada.id],
  );
  await rest();
  await follow(tab, 'workflow_executions', { scope: ada.id });
  stack.realtime.restart({ downMs: 100 });
  const [fresh] = await newExecutions(estate.workflow, [{}]);
  assert.deepEqual(idsOf(await hears(tab, 1, 'first', 20_000)), [fresh.id]);
  assert.equal(await tab.run(() => following.first.gaps), 0);
});

test('an audit trail is read from the last known row on; old rows are not read again', async () => {
  const { ada, tab } = await openPage();
  const log = (/** @type {string} */ action, ago = '0 s') =>
    stack.sql(
      `insert into audit_logs (user_id, action, created_at)
       select $1, $2, current_timestamp::timestamp - $3::interval`,
      [ada.id, action, ago],
    );
  await stack.sql(
    `insert into audit_logs (user_id, action, created_at) select $1, 'old', current_timestamp::timestamp - interval '1 day'
     from generate_series(1, 6000)`,
    [ada.id],
  );
  await rest();
  await follow(tab, 'audit_logs', { scope: ada.id });
  await log('live');
  await hears(tab, 1);
  stack.realtime.restart({ downMs: 200 });
  await log('missed');
  await log('committed late', '30 s');
  const heard = await hears(tab, 3);
  await rest();
  assert.equal((await told(tab)).length, 3);
  assert.deepEqual(heard.map(({ record }) => record.action).sort(), ['committed late', 'live', 'missed']);
  assert.equal(await tab.run(() => following.first.gaps), 0);
  const asked = stack.requests.all().filter(({ path }) => path.startsWith('/rest/v1/audit_logs'));
  assert.ok(asked.length > 1 && asked.slice(-1).every(({ path }) => path.includes('created_at=gte.')));
});

for (const status of [503, 403, 404]) {
  test(`a scope read that fails with ${status} is repeated until it succeeds`, async () => {
    const { ada, tab } = await openPage({ retry: { maxAttempts: 1 } });
    await follow(tab, 'workflows', { scope: ada.id });
    stack.faults.add({ match: { path: '/workflows' }, action: 'status', status, times: 2 });
    stack.realtime.restart({ downMs: 100 });
    const workflow = await newWorkflow(ada);
    assert.deepEqual(idsOf(await hears(tab, 1, 'first', 20_000)), [workflow.id]);
    assert.equal(await tab.run(() => following.first.gaps), 0);
  });
}

test('a missing echo of an own write leads to silently lost changes being found', async () => {
  const { ada, estate, tab } = await openPage();
  await follow(tab, 'workflows', { scope: ada.id });
  const missed = await unheard(async () => {
    const missed = await newWorkflow(ada);
    await tab.run((id) => db.updateWorkflow(id, { description: 'own' }), estate.workflow.id);
    return missed;
  });
  const heard = await hears(tab, 2, 'first', 12_000);
  assert.deepEqual(idsOf(heard), [missed.id, estate.workflow.id].sort());
  assert.ok(heard.every(({ origin }) => origin === 'resync'));
});

test('silently lost changes are found when the page is focused or online again', async () => {
  for (const occasion of ['focus', 'online']) {
    const { ada, tab } = await openPage();
    await follow(tab, 'workflows', { scope: ada.id });
    const workflow = await unheard(() => newWorkflow(ada));
    await rest();
    await tab.run((occasion) => {
      const { now } = Date;
      Date.now = () => now() + 61_000;
      dispatchEvent(new Event(occasion));
      Date.now = now;
    }, occasion);
    assert.deepEqual(idsOf(await hears(tab, 1)), [workflow.id], occasion);
  }
});

test('changes during a scope read are reported once', async () => {
  const { estate, tab } = await openPage();
  await follow(tab, 'workflow_nodes', { scope: estate.workflow.id });
  stack.faults.add({ match: { path: '/workflow_nodes' }, action: 'latencyAfter', ms: 700 });
  stack.realtime.drop();
  await until(() => stack.realtime.inspect().channels.some(({ subscribed }) => subscribed));
  await sleep(150);
  const made = await newNodes(estate.workflow, ['d', 'e', 'f']);
  await hears(tab, 3);
  await remove('workflow_nodes', made[1].id);
  await hears(tab, 4);
  await sleep(1200);
  const heard = await told(tab);
  assert.deepEqual(heard.map(({ type }) => type).sort(), ['DELETE', 'INSERT', 'INSERT', 'INSERT']);
  assert.equal((await rows('workflow_nodes', 'where workflow_id = $1', [estate.workflow.id])).length, 5);
});
