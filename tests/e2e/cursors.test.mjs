// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { useWorld } from './support/world.mjs';

// Less than a page, so that the server truncates every page.
const world = await useWorld({ maxRows: 3 });
const { stack, insert, rows, newUser } = world;
const user = await newUser('ada');
const tab = await world.open({ as: user, keep: true });
const NAMES = ['a', 'A', 'ä', 'b,c', 'b"c', "b'c", '(d)', 'e%f&g', '🎈', 'z'];

/** @typedef {Record<string, any>} Row */

/** @param {string} name @param {Row} query @returns {Promise<Row>} */
async function page(name, query) {
  const [{ value, error }] = await tab.calls([name, { userId: user.id, ...query }]);
  assert.equal(error, undefined, JSON.stringify(error));
  return value;
}

/** All rows from one end of the list to the other. @param {string} name @param {Row} query @param {boolean} [backwards] */
async function walk(name, query, backwards = false, first = /** @type {Row | undefined} */ (undefined)) {
  let current = first ?? (await page(name, query));
  const pages = [current];
  for (;;) {
    const cursor = backwards ? current.prevCursor : current.nextCursor;
    if (cursor === null) break;
    current = await page(name, { ...query, cursor });
    if (backwards) pages.unshift(current);
    else pages.push(current);
  }
  return { pages, last: current, data: pages.flatMap(({ data }) => data) };
}

await insert(
  'workflows',
  NAMES.map((name, index) => ({
    user_id: user.id,
    name,
    // Equal and missing values: the id decides between equal ones, and NULL is the largest.
    created_at: index % 4 === 3 ? null : `2024-01-0${1 + (index % 3)}T00:00:00`,
    updated_at: index % 5 === 4 ? null : `2024-02-0${1 + (index % 2)}T00:00:00`,
  })),
);

for (const sortBy of ['created_at', 'updated_at', 'name']) {
  for (const sortOrder of ['asc', 'desc']) {
    test(`pages by ${sortBy} ${sortOrder} contain every row once, forwards and backwards`, async () => {
      const query = { sortBy, sortOrder, pageSize: 4 };
      const truth = await rows('workflows', `where user_id = $1 order by ${sortBy} ${sortOrder}, id`, [
        user.id,
      ]);
      const there = await walk('getWorkflowsPage', query);
      assert.deepEqual(there.data, truth);
      assert.deepEqual(
        there.pages.map(({ total, pageSize, data, hasMore }) => [total, pageSize, data.length, hasMore]),
        [
          [10, 4, 4, true],
          [10, 4, 4, true],
          [10, 4, 2, false],
        ],
      );
      const back = await walk('getWorkflowsPage', query, true, there.last);
      assert.deepEqual(back.data, truth);
      assert.equal(back.last.hasMore, true);
    });
  }
}

test('rows inserted and deleted between pages cause no repeated or missing rows', async () => {
  const [workflow] = await rows('workflows', 'where user_id = $1 limit 1', [user.id]);
  const run = (/** @type {number} */ day) => ({
    workflow_id: workflow.id,
    user_id: user.id,
    created_at: `2024-03-${String(day).padStart(2, '0')}T00:00:00`,
  });
  const made = await insert('workflow_executions', [2, 4, 6, 8, 10, 12].map(run));
  const query = { pageSize: 2 };
  const first = await page('getExecutionsPage', query);
  await insert('workflow_executions', [run(13), run(1)]);
  await stack.sql('delete from workflow_executions where id = $1', [made[2].id]);
  const second = await page('getExecutionsPage', { ...query, cursor: first.nextCursor });
  const third = await page('getExecutionsPage', { ...query, cursor: second.nextCursor });
  const days = [first, second, third].map(({ data }) => data.map((/** @type {Row} */ r) => r.created_at));
  assert.deepEqual(
    days.flat().map((day) => Number(day.slice(8, 10))),
    [12, 10, 8, 4, 2, 1],
  );
  assert.deepEqual([third.total, third.nextCursor, third.hasMore], [7, null, false]);
});

test('an empty page leads back to existing rows', async () => {
  const lonely = { workflowId: (await rows('workflows', 'where user_id = $1 offset 1', [user.id]))[0].id };
  const [first, second] = await insert(
    'workflow_executions',
    [1, 2].map((day) => ({
      workflow_id: lonely.workflowId,
      user_id: user.id,
      created_at: `2024-04-0${day}T00:00:00`,
    })),
  );
  const query = { ...lonely, pageSize: 1 };
  const newest = await page('getExecutionsPage', query);
  await stack.sql('delete from workflow_executions where id = $1', [first.id]);
  const empty = await page('getExecutionsPage', { ...query, cursor: newest.nextCursor });
  assert.deepEqual([empty.data, empty.total, empty.hasMore], [[], 1, false]);
  const back = await page('getExecutionsPage', { ...query, cursor: empty.prevCursor });
  assert.deepEqual(back.data, [second]);
});

test('a cursor of another list or an invalid cursor is refused', async () => {
  const { nextCursor } = await page('getWorkflowsPage', { pageSize: 2 });
  const refused = [
    ['getWorkflowsPage', { cursor: nextCursor, sortBy: 'name' }],
    ['getWorkflowsPage', { cursor: nextCursor, includeArchived: true }],
    ['getExecutionsPage', { cursor: nextCursor }],
    ['getWorkflowsPage', { cursor: '' }],
    ['getWorkflowsPage', { cursor: 7 }],
    ['getWorkflowsPage', { cursor: `${nextCursor.slice(0, 9)}x` }],
    ['getWorkflowsPage', { cursor: `${nextCursor.slice(0, 46)}yesterday` }],
    ['getWorkflowsPage', { cursor: `é${nextCursor}` }],
  ];
  stack.requests.clear();
  for (const [name, query] of /** @type {[string, Row][]} */ (refused)) {
    const [{ error }] = await tab.calls([name, { userId: user.id, ...query }]);
    assert.equal(error?.code, 'INVALID_INPUT', JSON.stringify(query));
    assert.ok(error.message.startsWith('cursor: expected '), error.message);
  }
  assert.equal(stack.requests.count(), 0);
  const [{ error }] = await tab.calls(['getWorkflowsPage', { userId: user.id, pageSize: 0 }]);
  assert.ok(error.message.startsWith('pageSize: expected '));
});

test('filtered pages of audit entries contain what SQL returns', async () => {
  await tab.calls(['createWorkflow', user.id, { name: randomUUID() }]);
  const query = { resourceType: 'workflow', action: 'workflow_created', pageSize: 4 };
  const truth = await rows(
    'audit_logs',
    "where user_id = $1 and action = 'workflow_created' order by created_at desc, id",
    [user.id],
  );
  assert.ok(truth.length > 4);
  assert.deepEqual((await walk('getAuditLogsPage', query)).data, truth);
  const today = new Date().toISOString().slice(0, 10);
  const dated = await page('getAuditLogsPage', { ...query, startDate: today, endDate: today });
  assert.equal(dated.total, truth.length);
});

test('templates by category and featured flag are what SQL returns', async () => {
  await insert(
    'workflow_templates',
    [
      ['video', true],
      ['video', false],
      ['x,"y"', true],
      [null, null],
    ].map(([category, is_featured]) => ({
      name: randomUUID(),
      category,
      is_featured,
      workflow_data: { nodes: [], connections: [] },
    })),
  );
  for (const [query, where] of /** @type {[any, string][]} */ ([
    [undefined, 'true'],
    [{}, 'true'],
    [{ category: 'video' }, "category = 'video'"],
    [{ category: 'x,"y"' }, `category = 'x,"y"'`],
    [{ featured: true }, 'is_featured'],
    [{ featured: false, category: 'video' }, "not is_featured and category = 'video'"],
  ])) {
    const [{ value }] = await tab.calls(['getTemplates', query]);
    assert.deepEqual(value, await rows('workflow_templates', `where ${where} order by created_at, id`));
  }
});
