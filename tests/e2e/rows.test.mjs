// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createTruth } from './support/truth.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, insert, rows, row, newUser, newWorkflow, newNodes, newEstate } = world;
const truth = createTruth(world);

/** The columns of six tables, as named by the app's types. */
const COLUMNS = /** @type {Record<string, string>} */ ({
  getUserProfile: 'id email full_name avatar_url organization created_at updated_at',
  getWorkflow: 'id user_id name description is_public created_at updated_at archived_at',
  getWorkflowNodes:
    'id workflow_id node_type node_id label position_x position_y config created_at updated_at',
  getWorkflowConnections: 'id workflow_id source_node_id target_node_id connection_id created_at',
  getExecution:
    'id workflow_id user_id status error_message started_at completed_at execution_time_ms node_count created_at',
  getExecutionResults:
    'id execution_id node_id node_type status input_data output_data error_message execution_time_ms ' +
    'api_call_count started_at completed_at created_at',
});

/** Strings with a special meaning in URLs, PostgREST, JSON or SQL, and ordinary ones. */
const HOSTILE = [
  `"double" 'single' \`back\``,
  'a,b,c',
  '(or(x.eq.1))',
  '100%',
  '%2C%22',
  'a&b=c&select=id',
  'a+b c#d?e',
  '👩‍🚀 é ẞ 漢字 \u202e',
  'back\\slash \\" \\n',
  'null',
  '*',
  'eq.x',
  `'; drop table workflows; --`,
  'line\nbreak\ttab\u0001',
  '{"json":[1]}',
  ' ',
  ':::',
];

test('rows have exactly the columns of the schema', async () => {
  const user = await newUser('ada');
  const { workflow, execution } = await newEstate(user);
  const ids = /** @type {Record<string, string>} */ ({
    getUserProfile: user.id,
    getWorkflow: workflow.id,
    getWorkflowNodes: workflow.id,
    getWorkflowConnections: workflow.id,
    getExecution: execution.id,
    getExecutionResults: execution.id,
  });
  const tab = await world.open({ as: user, plain: true });
  for (const [name, columns] of Object.entries(COLUMNS)) {
    const [{ value }] = await tab.calls([name, ids[name]]);
    assert.deepEqual(Object.keys([value].flat()[0]).sort(), columns.split(' ').sort(), name);
  }
  const [{ value: whole }] = await tab.calls(['getWorkflowWithRelations', workflow.id]);
  assert.deepEqual(
    Object.keys(whole).sort(),
    [...COLUMNS.getWorkflow.split(' '), 'nodes', 'connections'].sort(),
  );
});

test('values keep their JSON form: times to the microsecond, doubles, nested JSON, nulls', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user, {
    created_at: '2024-02-29 23:59:59.123456',
    updated_at: '2024-02-29 23:59:59.1',
    archived_at: null,
    description: null,
  });
  const config = { deep: { list: [1, null, 'x', { y: [] }], empty: {} }, big: 1e21, text: HOSTILE.join('') };
  await insert('workflow_nodes', [
    { workflow_id: workflow.id, node_id: 'n', node_type: 't', position_x: 0.1, position_y: -1e300, config },
  ]);
  const tab = await world.open({ as: user, plain: true });
  const [read, nodes] = await tab.calls(['getWorkflow', workflow.id], ['getWorkflowNodes', workflow.id]);
  assert.equal(read.value.created_at, '2024-02-29T23:59:59.123456');
  assert.equal(read.value.updated_at, '2024-02-29T23:59:59.1');
  assert.deepEqual(
    [read.value.archived_at, read.value.description, read.value.is_public],
    [null, null, false],
  );
  const [node] = nodes.value;
  assert.deepEqual([node.position_x, node.position_y, node.label], [0.1, -1e300, null]);
  assert.deepEqual(node.config, config);
});

test('values come back as written: doubles, nested JSON, null, and times in UTC', async () => {
  const user = await newUser('ada');
  const { workflow, execution } = await newEstate(user);
  const tab = await world.open({ as: user, plain: true });
  const config = { deep: { list: [1, null, 'x', { y: [] }] }, '': 0, [HOSTILE.join('')]: HOSTILE };
  const outcomes = await tab.calls(
    [
      'createWorkflowNode',
      { workflow_id: workflow.id, node_id: 'n', node_type: 't', position_x: 1e-9, position_y: 1e300, config },
    ],
    ['updateExecution', execution.id, { started_at: '2024-03-01T01:30:00.5+05:30', completed_at: null }],
    ['updateWorkflow', workflow.id, { archived_at: '2024-02-28T23:00:00-02:00', description: null }],
    ['updateWorkflow', workflow.id, { archived_at: '2024-02-29' }],
    ['updateWorkflow', workflow.id, { archived_at: undefined, description: 'kept' }],
  );
  const [node, run, moved, day, kept] = outcomes.map(({ value }) => value);
  assert.deepEqual([node.position_x, node.position_y, node.config], [1e-9, 1e300, config]);
  assert.deepEqual(await row('workflow_nodes', node.id), node);
  assert.deepEqual([run.started_at, run.completed_at], ['2024-02-29T20:00:00.5', null]);
  assert.deepEqual([moved.archived_at, moved.description], ['2024-02-29T01:00:00', null]);
  assert.equal(day.archived_at, '2024-02-29T00:00:00');
  assert.deepEqual([kept.archived_at, kept.description], ['2024-02-29T00:00:00', 'kept']);
});

test("updated_at is the database's time, regardless of the browser's clock and the caller", async () => {
  const user = await newUser('ada');
  const { workflow, nodes } = await newEstate(user);
  const tab = await world.open({ as: user });
  const [{ now: begin }] = await stack.sql('select localtimestamp as now');
  await tab.run(() => {
    Date.now = () => 0;
  });
  const outcomes = await tab.calls(
    ['updateWorkflow', workflow.id, { name: 'a' }],
    ['updateWorkflow', workflow.id, { name: 'b', updated_at: '2001-01-01' }],
    ['updateWorkflowNode', nodes[0].id, { label: 'c' }],
    ['archiveWorkflow', workflow.id],
    ['updateUserProfile', user.id, { full_name: 'd' }],
  );
  const [{ now: end }] = await stack.sql('select localtimestamp as now');
  const between = (/** @type {string} */ time) =>
    begin.replace(' ', 'T') <= time && time <= end.replace(' ', 'T');
  for (const { value } of outcomes) assert.ok(between(value.updated_at), value.updated_at);
  assert.ok(between(outcomes[3].value.archived_at));
});

test('rows with equal times are ordered by id in every list', async () => {
  const user = await newUser('ada');
  const moment = { created_at: '2024-01-01T12:00:00', updated_at: '2024-01-01T12:00:00' };
  const workflows = await insert(
    'workflows',
    HOSTILE.map((name) => ({ user_id: user.id, name, ...moment })),
  );
  const [{ id }] = workflows;
  const count = [...'abcdefghij'];
  await insert(
    'workflow_nodes',
    count.map((node_id) => ({ workflow_id: id, node_id, node_type: 't', ...moment })),
  );
  await insert(
    'workflow_connections',
    count.map((name) => ({
      workflow_id: id,
      source_node_id: name,
      target_node_id: 'z',
      connection_id: name,
      created_at: moment.created_at,
    })),
  );
  const executions = await insert(
    'workflow_executions',
    count.map(() => ({ workflow_id: id, user_id: user.id, created_at: moment.created_at })),
  );
  const execution_id = executions[0].id;
  await insert(
    'execution_node_results',
    count.map((node_id) => ({ execution_id, node_id, node_type: 't', created_at: moment.created_at })),
  );
  const tab = await world.open({ as: user, plain: true });
  const [list, ascending, nodes, connections, history, results] = await tab.calls(
    ['getWorkflows', user.id],
    ['getWorkflows', { userId: user.id, sortBy: 'created_at', sortOrder: 'asc' }],
    ['getWorkflowNodes', id],
    ['getWorkflowConnections', id],
    ['getExecutionHistory', id],
    ['getExecutionResults', execution_id],
  );
  for (const { value } of [list, ascending, nodes, connections, { value: history.value.data }, results]) {
    assert.ok(value.length >= 10);
    const ids = value.map((/** @type {any} */ row) => row.id);
    assert.deepEqual(ids, [...ids].sort());
  }
});

test('lists have the requested order and range', async () => {
  const user = await newUser('ada');
  const names = ['banana', 'Apple', 'cherry', 'apple', 'Ähre', 'zoo', '10', '9'];
  await insert(
    'workflows',
    names.map((name, index) => ({
      user_id: user.id,
      name,
      created_at: `2024-01-${10 + index}`,
      updated_at: `2024-02-${28 - index * 3}`,
      archived_at: index % 4 === 3 ? '2024-05-05' : null,
    })),
  );
  const tab = await world.open({ as: user, plain: true });
  for (const sortBy of [undefined, 'created_at', 'updated_at', 'name']) {
    for (const sortOrder of [undefined, 'asc', 'desc']) {
      for (const includeArchived of [undefined, false, true]) {
        for (const [limit, offset] of [[], [3], [3, 2], [undefined, 5], [100, 100]]) {
          const query = { userId: user.id, sortBy, sortOrder, includeArchived, limit, offset };
          const [{ value }] = await tab.calls(['getWorkflows', query]);
          const expected = await rows(
            'workflows',
            `where user_id = $1 ${includeArchived ? '' : 'and archived_at is null'}
             order by ${sortBy ?? 'updated_at'} ${sortOrder ?? 'desc'}, id
             limit ${limit ?? 'all'} offset ${offset ?? 0}`,
            [user.id],
          );
          assert.deepEqual(value, expected, JSON.stringify(query));
        }
      }
    }
  }
});

test('archived workflows are listed on request, and can be read individually', async () => {
  const user = await newUser('ada');
  const live = await newWorkflow(user);
  const archived = await newWorkflow(user, { archived_at: '2024-01-01' });
  const tab = await world.open({ as: user, plain: true });
  const ids = (/** @type {{ value?: any }} */ { value }) =>
    value.map((/** @type {any} */ row) => row.id).sort();
  const [plain, no, yes, alone] = await tab.calls(
    ['getWorkflows', user.id],
    ['getWorkflows', user.id, false],
    ['getWorkflows', user.id, true],
    ['getWorkflow', archived.id],
  );
  assert.deepEqual(ids(plain), [live.id]);
  assert.deepEqual(ids(no), [live.id]);
  assert.deepEqual(ids(yes), [live.id, archived.id].sort());
  assert.deepEqual(alone.value, archived);
});

test('hostile strings are plain values: in rows, and in the filter of deleteWorkflowConnection', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user);
  const other = await newWorkflow(user);
  const tab = await world.open({ as: user, plain: true });
  for (const text of HOSTILE) {
    const made = await tab.calls(
      ['createWorkflow', user.id, { name: text, description: text }],
      ['createWorkflowNode', { workflow_id: workflow.id, node_id: text, node_type: text, label: text }],
      ...[workflow, other].map(
        ({ id }) =>
          /** @type {[string, object]} */ ([
            'createWorkflowConnection',
            { workflow_id: id, source_node_id: text, target_node_id: text, connection_id: text },
          ]),
      ),
      [
        'createWorkflowConnection',
        {
          workflow_id: workflow.id,
          source_node_id: `${text}.`,
          target_node_id: 'z',
          connection_id: `${text}.`,
        },
      ],
    );
    for (const { error } of made) assert.equal(error, undefined, text);
    assert.equal(made[0].value.description, text);
    assert.deepEqual(await row('workflow_nodes', made[1].value.id), made[1].value);
    const [deleted] = await tab.calls(['deleteWorkflowConnection', workflow.id, text]);
    assert.equal(deleted.error, undefined, text);
    const left = await rows('workflow_connections', 'where id = any ($1)', [
      made.slice(2).map(({ value }) => value.id),
    ]);
    assert.deepEqual(left.map(({ id }) => id).sort(), [made[3].value.id, made[4].value.id].sort(), text);
  }
  const [list] = await tab.calls(['getWorkflowNodes', workflow.id]);
  assert.deepEqual(list.value, await truth(['getWorkflowNodes', workflow.id]));
});

test('a uuid in upper case refers to the same row and entry', async () => {
  const user = await newUser('ada');
  const { workflow } = await newEstate(user);
  const tab = await world.open({ as: user, plain: true });
  const [first, second, list] = await tab.calls(
    ['getWorkflow', workflow.id.toUpperCase()],
    ['getWorkflow', workflow.id],
    ['getWorkflowNodes', workflow.id.toUpperCase()],
  );
  assert.deepEqual(first.value, workflow);
  assert.deepEqual(second.value, workflow);
  assert.deepEqual(list.value, await truth(['getWorkflowNodes', workflow.id]));
  assert.equal(stack.requests.count({ path: '/workflows?select' }), 1);
});

test('two users each see their own rows in the same page of the app', async () => {
  const [adaUser, graceUser] = [await newUser('ada'), await newUser('grace')];
  await newEstate(adaUser);
  await newEstate(graceUser);
  const tabs = [await world.open({ as: adaUser }), await world.open({ as: graceUser })];
  for (const [index, user] of [adaUser, graceUser].entries()) {
    const [own, others] = await tabs[index].calls(
      ['getWorkflows', user.id],
      ['getWorkflows', [graceUser, adaUser][index].id],
    );
    assert.deepEqual(own.value, await truth(['getWorkflows', user.id]));
    assert.deepEqual(others.value, []);
  }
});

test('a new row may contain its id; otherwise one is generated', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user, plain: true });
  const id = randomUUID();
  const [chosen, made] = await tab.calls(
    ['createWorkflow', user.id, { id: id.toUpperCase(), name: 'chosen', user_id: user.id.toUpperCase() }],
    ['createWorkflow', user.id, { name: 'made' }],
  );
  assert.equal(chosen.value.id, id);
  assert.match(made.value.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('nodes created in quick succession keep their order', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user);
  await newNodes(workflow, ['first']);
  const tab = await world.open({ as: user, plain: true });
  const names = await tab.run(async (workflow_id) => {
    await db.getWorkflowNodes(workflow_id);
    for (const node_id of ['second', 'third', 'fourth']) {
      await db.createWorkflowNode({ workflow_id, node_id, node_type: 't' });
    }
    return (await db.getWorkflowNodes(workflow_id)).map((node) => node.node_id);
  }, workflow.id);
  assert.deepEqual(names, ['first', 'second', 'third', 'fourth']);
});
