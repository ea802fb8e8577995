// @ts-check
// Reads and writes of one tab. All of them are here because they share the set-up; several tabs, several devices, sockets,
// storage and interruptions have files of their own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { persisted, stored, useDevices } from './support/offline.mjs';
import { newGate, until } from './support/until.mjs';

const devices = await useDevices();
const { stack, newDevice, newUser, newWorkflow, newNodes, row, rows } = devices;

/** A new user with a workflow, and a page of that user. */
async function ada(options = {}) {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user, { name: 'First' });
  const device = await newDevice();
  const tab = await device.open({ as: user, ...options });
  return { user, workflow, device, tab };
}

test('what an earlier visit read is there without a network, and is read again with one', async () => {
  const { workflow, device, tab } = await ada();
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await persisted(tab, `workflow:${workflow.id}`);
  await device.goOffline();
  await tab.reload();
  const { value } = await tab.run((id) => outcome(db.getWorkflow(id)), workflow.id);
  assert.equal(value.name, 'First');
  const fresh = await tab.run((id) => failure(db.with({ fresh: true }).getWorkflow(id)), workflow.id);
  assert.equal(fresh.code, 'RETRY_EXHAUSTED');
  await stack.sql('update public.workflows set name = $1 where id = $2', ['Renamed', workflow.id]);
  await device.goOnline();
  await tab.run(async (id) => until(async () => (await db.getWorkflow(id))?.name === 'Renamed'), workflow.id);
});

test('what only an earlier visit read follows the changes of this one', async () => {
  const { user, workflow, device, tab } = await ada();
  const other = await newWorkflow(user, { name: 'Other' });
  await newNodes(other, ['a']);
  const list = `workflows:${user.id}`;
  await tab.run(async (id) => {
    await db.getWorkflows(env.userId);
    await db.getWorkflowNodes(id);
  }, other.id);
  await persisted(tab, list);
  await persisted(tab, `workflow_nodes:${other.id}`);
  await tab.reload();
  await tab.run((id) => db.updateWorkflow(id, { name: 'Renamed' }), workflow.id);
  const namesOf = (/** @type {{ name: string }[]} */ rows) => rows?.map(({ name }) => name);
  await until(async () => namesOf(await stored(tab, list))?.includes('Renamed'));
  assert.deepEqual(
    namesOf(await stored(tab, list)),
    ['Renamed', 'Other'],
    'the last one changed comes first',
  );
  await tab.run((id) => db.deleteWorkflow(id), other.id);
  await until(async () => namesOf(await stored(tab, list)).length === 1);
  assert.equal(
    await stored(tab, `workflow_nodes:${other.id}`),
    undefined,
    'they are gone with their workflow',
  );
  await device.goOffline();
  await tab.reload();
  assert.deepEqual(namesOf(await tab.run(() => db.getWorkflows(env.userId))), ['Renamed']);
});

test('a workflow is there with its relations, also if only its name was read or changed since', async () => {
  const { workflow, device, tab } = await ada();
  await newNodes(workflow, ['a']);
  await tab.run((id) => db.getWorkflowWithRelations(id), workflow.id);
  await persisted(tab, `workflow:${workflow.id}?relations`);
  await tab.run((id) => db.updateWorkflow(id, { name: 'Second' }), workflow.id);
  await until(async () => (await stored(tab, `workflow:${workflow.id}`)).name === 'Second');
  await device.goOffline();
  await tab.reload();
  const { value } = await tab.run((id) => outcome(db.getWorkflowWithRelations(id)), workflow.id);
  assert.deepEqual([value?.name, value?.nodes.length, value?.connections.length], ['Second', 1, 0]);
});

test('a queued change is answered with the whole row that any list shows', async () => {
  const { workflow, device, tab } = await ada();
  const [node] = await newNodes(workflow, ['a']);
  await tab.run((id) => db.getWorkflowWithRelations(id), workflow.id);
  await device.goOffline();
  const changed = await tab.run(
    (id) => db.with({ queue: true }).updateWorkflowNode(id, { label: 'New' }),
    node.id,
  );
  assert.deepEqual([changed.node_id, changed.label, changed.workflow_id], ['a', 'New', workflow.id]);
});

test('a page that comes back from the back/forward cache without a network shows what is on disk', async () => {
  const { workflow, device, tab } = await ada();
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await persisted(tab, `workflow:${workflow.id}`);
  const leave = (/** @type {string} */ type) =>
    tab.run((type) => void dispatchEvent(new PageTransitionEvent(type, { persisted: true })), type);
  await leave('pagehide');
  await device.goOffline();
  await leave('pageshow');
  assert.equal(await tab.run((id) => cache.peek(`workflow:${id}`), workflow.id), null);
  const { value } = await tab.run((id) => outcome(db.getWorkflow(id)), workflow.id);
  assert.equal(value?.name, 'First');
  await tab.reload();
  assert.equal((await tab.run((id) => db.getWorkflow(id), workflow.id))?.name, 'First', 'also later');
});

test('a write that is discarded while it is sent is given up as soon as its answer lets it', async () => {
  const { workflow, tab } = await ada();
  const match = { method: 'PATCH' };
  const busy = {
    match,
    action: /** @type {const} */ ('status'),
    status: 503,
    times: /** @type {const} */ ('always'),
  };
  const [first, second] = [newGate(), newGate()];
  stack.faults.add([{ match, action: 'latency', until: first.opened }, busy]);
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Made' }), workflow.id);
  /** Discards the write while it is sent, and then lets it be answered. @param {() => void} answer */
  const discard = async (answer) => {
    await tab.run(async () => {
      await until(() => outbox.list()[0]?.state === 'sending');
      const discarded = outbox.discard(/** @type {{ id: string }} */ (outbox.list()[0]).id);
      Object.assign(globalThis, { discarded });
    });
    answer();
    return tab.run(async () => {
      await /** @type {any} */ (globalThis).discarded;
      return outbox.list().length;
    });
  };
  assert.equal(await discard(first.open), 0);
  assert.equal((await row('workflows', workflow.id))?.name, 'Made', 'the first one was made');
  stack.faults.clear();
  stack.faults.add({ ...busy, until: second.opened });
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Given up' }), workflow.id);
  assert.equal(await discard(second.open), 0);
  stack.faults.clear();
  await tab.run(() => outbox.flush());
  assert.equal((await row('workflows', workflow.id))?.name, 'Made');
});

test('a token provider that never answers once does not stop the outbox', async () => {
  const { workflow, device, tab } = await ada();
  await device.goOffline();
  await tab.run(async (id) => {
    await db.with({ queue: true }).updateWorkflow(id, { name: 'Sent' });
    const { token } = env;
    let isFirst = true;
    const answer = () => (isFirst ? new Promise(() => {}) : token);
    Object.defineProperty(env, 'token', {
      get() {
        const given = answer();
        isFirst = false;
        return given;
      },
    });
  }, workflow.id);
  await device.goOnline();
  await tab.run(() => until(() => outbox.pending === 0));
  assert.equal((await row('workflows', workflow.id))?.name, 'Sent');
});

test('a workflow with nodes made and edited without a network, across a reload, is on the server once', async () => {
  const { user, device, tab } = await ada();
  await tab.run(() => db.getWorkflows(env.userId));
  await persisted(tab, `workflows:${user.id}`);
  await device.goOffline();
  const id = await tab.run(async () => {
    const queued = db.with({ queue: true });
    const made = await queued.createWorkflow(env.userId, { name: 'Made offline' });
    for (const node_id of ['a', 'b']) {
      await queued.createWorkflowNode({ workflow_id: made.id, node_id, node_type: 'text_input' });
    }
    return made.id;
  });
  await tab.reload();
  const shown = await tab.run(async (id) => {
    const nodes = await db.getWorkflowNodes(id);
    const all = await db.getWorkflows(env.userId);
    return [nodes.map(({ node_id }) => node_id), all.map(({ name }) => name)];
  }, id);
  assert.deepEqual(shown, [
    ['a', 'b'],
    ['Made offline', 'First'],
  ]);
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Edited offline' }), id);
  assert.equal(await row('workflows', id), null);
  await device.goOnline();
  await tab.run(() => sent());
  assert.equal((await row('workflows', id))?.name, 'Edited offline');
  assert.equal((await rows('workflows', 'where user_id = $1', [user.id])).length, 2);
  const nodes = await rows('workflow_nodes', 'where workflow_id = $1 order by node_id', [id]);
  assert.deepEqual(
    nodes.map(({ node_id }) => node_id),
    ['a', 'b'],
  );
});

for (const action of /** @type {const} */ (['resetAfterCommit', 'hangAfterCommit'])) {
  test(`a write whose answer is lost (${action}) is made once`, async () => {
    const { user, workflow, device, tab } = await ada({
      more: { timeoutMs: 1000, retry: { maxAttempts: 1 } },
    });
    await device.goOffline();
    await tab.run(async (id) => {
      const queued = db.with({ queue: true });
      const made = await queued.createWorkflow(env.userId, { name: 'Second' });
      await queued.createWorkflowNode({ workflow_id: made.id, node_id: 'a', node_type: 'text_input' });
      await queued.updateWorkflow(id, { name: 'Changed' });
      await queued.addFavorite(env.userId, id);
    }, workflow.id);
    for (const method of ['POST', 'PATCH']) {
      stack.faults.add({ match: { method, path: '/rest/v1/' }, action, times: method === 'POST' ? 3 : 1 });
    }
    await device.goOnline();
    await until(() => tab.run(() => outbox.pending === 0));
    const own = await rows('workflows', 'where user_id = $1 order by name', [user.id]);
    assert.deepEqual(
      own.map(({ name }) => name),
      ['Changed', 'Second'],
    );
    assert.equal((await rows('workflow_nodes', 'where workflow_id = $1', [own[1].id])).length, 1);
    assert.equal((await rows('workflow_favorites', 'where user_id = $1', [user.id])).length, 1);
    assert.deepEqual((await tab.outbox()).list, []);
  });
}

test('a page that is killed while it sends leaves its writes to the next one, and each is made once', async () => {
  const { user, device, tab } = await ada();
  stack.faults.add({ match: { method: 'POST', path: '/workflows' }, action: 'hangAfterCommit' });
  await tab.run(async () => {
    const queued = db.with({ queue: true });
    await queued.createWorkflow(env.userId, { name: 'Sent' });
    await queued.createWorkflow(env.userId, { name: 'Waiting' });
  });
  await until(async () => (await rows('workflows', 'where user_id = $1', [user.id])).length === 2);
  await tab.kill();
  const next = await device.open({ as: user });
  await next.run(() => sent());
  const names = (await rows('workflows', 'where user_id = $1 order by name', [user.id])).map(
    ({ name }) => name,
  );
  assert.deepEqual(names, ['First', 'Sent', 'Waiting']);
});

test('a refused write fails alone, blocks what depends on it, and can be discarded or tried again', async () => {
  const { user, workflow, device, tab } = await ada();
  const [node] = await newNodes(workflow, ['taken']);
  await device.goOffline();
  const made = await tab.run(async ([id, user_id]) => {
    const queued = db.with({ queue: true });
    await queued.updateWorkflow(id, { name: 'Before' });
    const refused = await queued.createWorkflowNode({
      workflow_id: id,
      node_id: 'taken',
      node_type: 'text_input',
    });
    await queued.updateWorkflowNode(refused.id, { node_type: 'image_input' });
    const after = await queued.createWorkflow(user_id, { name: 'After' });
    return { refused: refused.id, after: after.id };
  }, /** @type {const} */ ([workflow.id, user.id]));
  await device.goOnline();
  await tab.run(() => sent());
  assert.equal((await row('workflows', workflow.id))?.name, 'Before');
  assert.equal((await row('workflows', made.after))?.name, 'After');
  const { failed, list } = await tab.outbox();
  assert.deepEqual([failed, list], [1, ['workflow_nodes insert failed 23505']]);
  const shown = await tab.run((id) => db.getWorkflowNodes(id), workflow.id);
  assert.deepEqual(
    shown.map(({ id }) => id),
    [node.id],
    'what it showed is taken back',
  );
  await tab.reload();
  await tab.run(() => until(() => outbox.failed === 1));
  assert.deepEqual((await tab.outbox()).list, list, 'it waits for a decision');
  await tab.run((id) => db.with({ queue: true }).updateWorkflowNode(id, { node_type: 'text' }), made.refused);
  assert.equal((await tab.outbox()).blocked, 1);
  await stack.sql('update public.workflow_nodes set node_id = $1 where id = $2', ['free', node.id]);
  await tab.run(async () => {
    const [refused] = outbox.list();
    if (refused) await outbox.retry(refused.id);
    await sent();
  });
  assert.equal((await row('workflow_nodes', made.refused))?.node_type, 'text');
  assert.deepEqual((await tab.outbox()).list, []);
});

test('a discarded write is gone for good, and so is what cannot succeed without it', async () => {
  const { user, device, tab } = await ada();
  await device.goOffline();
  const id = await tab.run(async () => {
    const queued = db.with({ queue: true });
    const made = await queued.createWorkflow(env.userId, { name: 'Mistake' });
    await queued.createWorkflowNode({ workflow_id: made.id, node_id: 'a', node_type: 'text_input' });
    const [first] = outbox.list();
    if (first) await outbox.discard(first.id);
    // An unknown id does nothing.
    await outbox.discard('unknown');
    await outbox.discard(/** @type {any} */ (undefined));
    return made.id;
  });
  assert.deepEqual((await tab.outbox()).list, []);
  await device.goOnline();
  await tab.run(() => outbox.flush());
  assert.equal(await row('workflows', id), null);
  assert.equal((await rows('workflows', 'where user_id = $1', [user.id])).length, 1);
});

test('another user sees and sends nothing of the previous one, whose writes wait', async () => {
  const { user, workflow, device, tab } = await ada();
  const grace = await newUser('grace');
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await persisted(tab, `workflow:${workflow.id}`);
  stack.faults.add({ match: { method: 'PATCH' }, action: 'status', status: 503, times: 'always' });
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Of Ada' }), workflow.id);
  await tab.run(
    (env) => {
      Object.assign(globalThis, { env });
      wdb.authChanged();
      return until(async () => (await outcome(db.getWorkflows(env.userId))).value !== undefined);
    },
    { url: stack.url, key: stack.publishableKey, token: grace.token, userId: grace.id },
  );
  assert.deepEqual(await tab.outbox(), {
    ...(await tab.outbox()),
    pending: 0,
    failed: 0,
    blocked: 0,
    list: [],
  });
  stack.faults.clear();
  const before = stack.requests.count({ method: 'PATCH' });
  await tab.run(() => outbox.flush());
  const { value } = await tab.run((id) => outcome(db.getWorkflow(id)), workflow.id);
  assert.equal(value, null);
  assert.equal(stack.requests.count({ method: 'PATCH' }), before);
  assert.equal((await row('workflows', workflow.id))?.name, 'First');
  const again = await device.open({ as: user });
  await again.run(async () => {
    await until(() => outbox.pending === 1 || outbox.list().length === 0);
    await sent();
  });
  await until(async () => (await row('workflows', workflow.id))?.name === 'Of Ada');
});

test('with onSignOut discard, unsent writes go with their user', async () => {
  const { user, workflow, device, tab } = await ada({ options: { onSignOut: 'discard' } });
  stack.faults.add({ match: { method: 'PATCH' }, action: 'status', status: 503, times: 'always' });
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Lost' }), workflow.id);
  await tab.run(async () => {
    env.token = null;
    wdb.authChanged();
    await until(() => outbox.pending === 0);
  });
  stack.faults.clear();
  const again = await device.open({ as: user, options: { onSignOut: 'discard' } });
  await again.run((id) => db.getWorkflow(id), workflow.id);
  await again.run(() => outbox.flush());
  assert.equal((await row('workflows', workflow.id))?.name, 'First');
});

test('without a network, a missing token is no sign-out: rows and writes stay', async () => {
  const { workflow, device, tab } = await ada();
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await persisted(tab, `workflow:${workflow.id}`);
  await device.goOffline();
  await tab.run(() => localStorage.setItem('env', JSON.stringify({ ...env, token: null })));
  await tab.reload();
  const { value } = await tab.run((id) => outcome(db.getWorkflow(id)), workflow.id);
  assert.equal(value?.name, 'First');
  await tab.run(
    (id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Still signed in' }),
    workflow.id,
  );
  assert.equal((await tab.outbox()).pending, 1);
});

test('every write is as it was when it was made: numbers keep their digits', async () => {
  const { workflow, device, tab } = await ada();
  const [node] = await newNodes(workflow, ['a']);
  await stack.sql(
    `update public.workflow_nodes set config = '{"n": 12345678901234567890.12}' where id = $1`,
    [node.id],
  );
  await tab.run((id) => db.getWorkflowNodes(id), workflow.id);
  await persisted(tab, `workflow_nodes:${workflow.id}`);
  await device.goOffline();
  await tab.reload();
  await tab.run(async (id) => {
    const [node] = await db.getWorkflowNodes(id);
    if (node)
      await db.with({ queue: true }).updateWorkflowNode(node.id, { config: { ...node.config, more: 1 } });
  }, workflow.id);
  await tab.reload();
  await device.goOnline();
  await tab.run(() => sent());
  const [{ config }] = await stack.sql(
    'select config::text as config from public.workflow_nodes where id = $1',
    [node.id],
  );
  assert.equal(config, '{"n": 12345678901234567890.12, "more": 1}');
});

test('a secret is neither stored nor queued', async () => {
  const { user, tab } = await ada();
  await tab.run(async () => {
    await db
      .with({ queue: true })
      .createApiKey({ user_id: env.userId, service_name: 'openai', encrypted_key: 'secret' });
    await db.getApiKeys(env.userId);
    await db.getWorkflows(env.userId);
  });
  assert.equal((await rows('api_keys', 'where user_id = $1', [user.id])).length, 1, 'it was sent at once');
  await persisted(tab, `workflows:${user.id}`);
  const stored = await tab.run(
    () =>
      new Promise((resolve) => {
        indexedDB.open('workflow-db').onsuccess = ({ target }) => {
          const database = /** @type {IDBOpenDBRequest} */ (target).result;
          database.transaction('rows').objectStore('rows').getAll().onsuccess = ({ target }) => {
            database.close();
            resolve(JSON.stringify(/** @type {IDBRequest} */ (target).result));
          };
        };
      }),
  );
  assert.ok(!String(stored).includes('secret'));
});

test('the least recently used entries leave first, and too old ones are not shown', async () => {
  const user = await newUser('ada');
  const workflows = [];
  for (const name of ['one', 'two', 'three'])
    workflows.push(await newWorkflow(user, { name, description: 'x'.repeat(400) }));
  const device = await newDevice();
  const tab = await device.open({ as: user, options: { maxBytes: 1800 } });
  for (const { id } of workflows) {
    await tab.run((id) => db.getWorkflow(id), id);
    await persisted(tab, `workflow:${id}`);
  }
  await device.goOffline();
  await tab.reload();
  const kept = await tab.run(
    (ids) => Promise.all(ids.map(async (id) => (await outcome(db.getWorkflow(id))).value?.name)),
    workflows.map(({ id }) => id),
  );
  assert.deepEqual(kept, [undefined, 'two', 'three']);
  const other = await device.open({ as: user, options: { maxAgeMs: 0 } });
  const { error } = await other.run((id) => outcome(db.getWorkflow(id)), workflows[2].id);
  assert.equal(error?.code, 'RETRY_EXHAUSTED');
});

test('clearPersisted erases rows and unsent writes, and the page goes on', async () => {
  const { workflow, device, tab } = await ada();
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await persisted(tab, `workflow:${workflow.id}`);
  await device.goOffline();
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Erased' }), workflow.id);
  await tab.run(() => offlineEntry.clearPersisted());
  await tab.run(() => until(() => outbox.list().length === 0));
  await tab.reload();
  const { error } = await tab.run((id) => outcome(db.getWorkflow(id)), workflow.id);
  assert.equal(error.code, 'RETRY_EXHAUSTED');
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Later' }), workflow.id);
  await device.goOnline();
  await tab.run(() => sent());
  assert.equal((await row('workflows', workflow.id))?.name, 'Later');
});

test('getOutbox tells listeners of every change, and works for a client of its own', async () => {
  const { workflow, device, tab } = await ada();
  await device.goOffline();
  const seen = await tab.run(async (id) => {
    const { url, key } = env;
    const offline = offlineEntry.offline({ name: 'workflow-db-other' });
    const client = wdb.createClient({ url, key, accessToken: () => env.token, offline });
    const own = offlineEntry.getOutbox(client);
    /** @type {number[]} */
    const told = [];
    const stop = own.subscribe(() => told.push(own.pending));
    await client.db.with({ queue: true }).updateWorkflow(id, { name: 'Own' });
    stop();
    const [first] = own.list();
    client.close();
    return { told: told.at(-1), first: { ...first, id: typeof first?.id }, others: outbox.pending };
  }, workflow.id);
  assert.equal(seen.told, 1);
  assert.equal(seen.others, 0);
  const { createdAt, ...first } = seen.first;
  assert.ok(Number(createdAt) > 1e12);
  const { id } = workflow;
  assert.deepEqual(first, {
    id: 'string',
    table: 'workflows',
    action: 'update',
    rowId: id,
    state: 'pending',
    attempts: 0,
  });
});

test('options are checked', async () => {
  const { tab } = await ada();
  const messages = await tab.run(() =>
    [{ name: '' }, { maxAgeMs: -1 }, { maxBytes: Number.NaN }, { onSignOut: 'keep' }].map(
      (options) => thrown(() => offlineEntry.offline(/** @type {any} */ (options))).message,
    ),
  );
  assert.deepEqual(
    messages.map((message) => message.split(':')[0]),
    ['offline.name', 'offline.maxAgeMs', 'offline.maxBytes', 'offline.onSignOut'],
  );
});

test('a write whose signal was aborted is not queued', async () => {
  const { workflow, device, tab } = await ada();
  await device.goOffline();
  const codes = await tab.run(async (id) => {
    const before = new AbortController();
    before.abort();
    const early = failure(db.with({ queue: true, signal: before.signal }).deleteWorkflow(id));
    const during = new AbortController();
    const late = failure(db.with({ queue: true, signal: during.signal }).deleteWorkflow(id));
    during.abort();
    return [(await early).code, (await late).code];
  }, workflow.id);
  assert.deepEqual([codes, (await tab.outbox()).list], [['ABORTED', 'ABORTED'], []]);
});

test('a write of an unknown user is refused, because it could not be sent later', async () => {
  const { tab } = await ada();
  const error = await tab.run(async () => {
    env.token = null;
    wdb.authChanged();
    await until(() => db.getTemplates().then(() => true));
    return failure(db.with({ queue: true }).updateWorkflow(crypto.randomUUID(), { name: 'x' }));
  });
  assert.equal(error.code, 'INVALID_INPUT');
});

test('the calls that read entries which are gone leave the memory', async () => {
  const { device, tab } = await ada({ more: { retry: { maxAttempts: 1 }, cache: { maxSize: 10 } } });
  await device.goOffline();
  const session = await device.context.newCDPSession(tab.page);
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage');
    return (await session.send('Runtime.getHeapUsage')).usedSize;
  };
  /** Reads of different entries, whose keys and arguments are long. @param {number} count */
  const read = (count) =>
    tab.run(async (count) => {
      const long = 'x'.repeat(10_000);
      for (let index = 0; index < count; index += 1)
        await outcome(db.getTemplates({ category: `${crypto.randomUUID()}${long}` }));
    }, count);
  await read(300);
  const before = await heap();
  await read(600);
  const grown = ((await heap()) - before) / 1e6;
  assert.ok(grown < 4, `${grown.toFixed(1)} MB more after 600 reads of 20 kB each`);
});
