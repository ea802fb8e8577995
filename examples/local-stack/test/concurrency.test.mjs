// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { useConcurrency } from './concurrency-helpers.mjs';
import { codeOf, openSession } from './helpers.mjs';

// Concurrent batches, uses of templates, and changes of accounts.
const { stack, ada, first, second, workflow, apiKey, node, saveBatch, whileLocked } = await useConcurrency();

const LOCK_ACCOUNT = 'select from user_profiles where id = $1 for update';

/** @type {Record<string, { make: () => any[], lock: string }>} */
const BATCHES = {
  workflows: {
    make: () => ['a', 'b', 'c'].map((name) => workflow(name, { nodes: [node('x')], connections: [] })),
    lock: 'select from workflows where id = $1 for update',
  },
  api_keys: {
    make: () => [apiKey(), apiKey(), apiKey()],
    lock: 'select from api_keys where id = $1 for update',
  },
};

for (const [name, { make, lock }] of Object.entries(BATCHES)) {
  test(`two batches of ${name} that replace the same rows in opposite order both succeed`, async () => {
    const rows = make();
    await saveBatch(first, name, rows);
    const answers = await whileLocked(lock, [rows[1].id], async () => {
      // Row by row, each batch would lock one end of the list and wait for the row in the middle.
      const forth = saveBatch(first, name, rows, { overwrite: true });
      await first.isBlocked();
      const back = saveBatch(second, name, rows.toReversed(), { overwrite: true });
      await second.isBlocked();
      return [forth, back];
    });
    const [forth, back] = await Promise.all(answers);
    assert.deepEqual(
      forth.map(({ id }) => id),
      rows.map(({ id }) => id),
    );
    assert.deepEqual(
      back.map(({ id }) => id),
      rows.map(({ id }) => id).toReversed(),
    );
  });

  test(`two batches of new ${name} with the same names in opposite order: one succeeds, the other is a conflict`, async () => {
    const rows = make();
    const others = rows.map((row) => ({ ...row, id: randomUUID(), nodes: undefined })).toReversed();
    const outcomes = await whileLocked(LOCK_ACCOUNT, [ada], async () => {
      const one = codeOf(saveBatch(first, name, rows));
      await first.isBlocked();
      const other = codeOf(saveBatch(second, name, others));
      await second.isBlocked();
      return [one, other];
    });
    assert.deepEqual((await Promise.all(outcomes)).sort(), ['23505', undefined].sort());
  });

  test(`a repeated batch of ${name} that overtakes its first attempt returns the rows, which exist once`, async () => {
    const rows = make();
    const [attempt, repetition] = await whileLocked(LOCK_ACCOUNT, [ada], async () => {
      const attempt = saveBatch(first, name, rows);
      await first.isBlocked();
      const repetition = saveBatch(second, name, rows, { replay: true });
      await second.isBlocked();
      return [attempt, repetition];
    });
    const [once, again] = await Promise.all([attempt, repetition]);
    assert.deepEqual(again, once);
    const stored = await stack.sql(`select id from ${name} where id = any($1)`, [rows.map(({ id }) => id)]);
    assert.equal(stored.length, rows.length);
  });

  test(`a repeated batch of ${name} waits for a single row of it that is being inserted`, async () => {
    const rows = make();
    const { nodes: _nodes, connections: _connections, ...row } = rows[1];
    const columns = Object.keys(row);
    await first.sql('begin');
    await first.sql(
      `insert into ${name} (${columns}) values (${columns.map((_, index) => `$${index + 1}`)})`,
      Object.values(row),
    );
    const batch = saveBatch(second, name, rows, { replay: true, overwrite: true });
    await second.isBlocked();
    await first.sql('commit');
    assert.equal((await batch).length, 3);
  });
}

test('a batch and a new name for one of its rows do not deadlock', async () => {
  const [left, right] = [workflow('left'), workflow('right')];
  await saveBatch(first, 'workflows', [left, right]);
  const replaced = [{ ...right, name: `taken ${randomUUID()}` }, left];
  const [rename, batch] = await whileLocked(BATCHES.workflows.lock, [left.id], async () => {
    const rename = codeOf(
      second.sql('update workflows set name = $1 where id = $2', [replaced[0].name, left.id]),
    );
    await second.isBlocked();
    const batch = codeOf(saveBatch(first, 'workflows', replaced, { overwrite: true }));
    await first.isBlocked();
    return [rename, batch];
  });
  assert.deepEqual([await rename, await batch], [undefined, '23505']);
});

/** @param {import('./helpers.mjs').Session} at @param {string} id @param {string} templateId @param {string} name */
const fromTemplate = async (at, id, templateId, name) => {
  const params = [id, ada, templateId, name];
  const [{ made }] = await at.sql('select create_workflow_from_template($1, $2, $3, $4) as made', params);
  return made;
};

async function newTemplate() {
  const [{ id }] = await stack.sql(
    'insert into workflow_templates (name, workflow_data) values ($1, $2) returning id',
    [randomUUID(), { nodes: [{ node_id: 'a', node_type: 't' }], connections: [] }],
  );
  return id;
}

test('a repeated template use that overtakes its first attempt returns its workflow and counts once', async () => {
  const templateId = await newTemplate();
  const [id, name] = [randomUUID(), randomUUID()];
  const calls = await whileLocked(LOCK_ACCOUNT, [ada], async () => {
    const attempt = fromTemplate(first, id, templateId, name);
    await first.isBlocked();
    const repetition = fromTemplate(second, id, templateId, name);
    await second.isBlocked();
    return [attempt, repetition];
  });
  const [attempt, repetition] = await Promise.all(calls);
  assert.equal(attempt.id, id);
  assert.equal(attempt.nodes.length, 1);
  assert.deepEqual(repetition, attempt);
  const [{ usage_count }] = await stack.sql('select usage_count from workflow_templates where id = $1', [
    templateId,
  ]);
  assert.equal(usage_count, 1);
});

test('two concurrent uses of a template with one name create two workflows', async () => {
  const templateId = await newTemplate();
  const name = randomUUID();
  const calls = await whileLocked(LOCK_ACCOUNT, [ada], async () => {
    const one = fromTemplate(first, randomUUID(), templateId, name);
    await first.isBlocked();
    const other = fromTemplate(second, randomUUID(), templateId, name);
    await second.isBlocked();
    return [one, other];
  });
  const made = await Promise.all(calls);
  assert.deepEqual(made.map((row) => row.name).sort(), [name, `${name} (2)`]);
});

test('concurrent sign-ups with one address each get a profile', async () => {
  // Hosted projects exclude single sign-on accounts from their unique index.
  await stack.sql('alter table auth.users drop constraint users_email_key');
  const [one, other] = await Promise.all([1, 2].map(() => openSession(stack, { role: 'postgres' })));
  const email = `${randomUUID()}@example.com`;
  const signUp = 'insert into auth.users (email) values ($1) returning id';
  await one.sql('begin');
  const [{ id: oneId }] = await one.sql(signUp, [email]);
  const signingUp = other.sql(signUp, [email]);
  await other.isBlocked();
  await one.sql('commit');
  const [{ id: otherId }] = await signingUp;
  const profiles = await stack.sql('select id, email from user_profiles where id = any($1)', [
    [oneId, otherId],
  ]);
  assert.deepEqual(Object.fromEntries(profiles.map((row) => [row.id, row.email])), {
    [oneId]: email,
    [otherId]: otherId,
  });
});

test('concurrent changes of accounts to one address keep both profiles', async () => {
  const [one, other] = await Promise.all([1, 2].map(() => openSession(stack, { role: 'postgres' })));
  const made = await stack.sql('insert into auth.users (email) values ($1), ($2) returning id', [
    `${randomUUID()}@example.com`,
    `${randomUUID()}@example.com`,
  ]);
  const email = `${randomUUID()}@example.com`;
  const change = 'update auth.users set email = $1 where id = $2';
  await one.sql('begin');
  await one.sql(change, [email, made[0].id]);
  const changing = other.sql(change, [email, made[1].id]);
  await other.isBlocked();
  await one.sql('commit');
  await changing;
  const profiles = await stack.sql('select email from user_profiles where id = any($1)', [
    made.map(({ id }) => id),
  ]);
  assert.deepEqual(profiles.map((row) => row.email).sort(), [email, made[1].id].sort());
});
