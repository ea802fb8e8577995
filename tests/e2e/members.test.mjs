// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { useLive } from './support/live.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

// Members through the package: what each role may do and see, and what is evicted from the cache.
const world = await useWorld({ members: true });
const { stack, row, rows, insert, newUser, newWorkflow, newNodes, newExecutions } = world;
const { follow, hears } = useLive(world);
const options = { retry: { initialBackoffMs: 5 } };
const MIGRATION = 'supabase/optional/20260301000000_workflow_members.sql';

/** @typedef {import('./support/world.mjs').Tab} Tab */
/** @typedef {import('./support/fixtures.mjs').User} User */
/** @typedef {import('./support/fixtures.mjs').Row} Row */

const NAMES = /** @type {const} */ (['owner', 'editor', 'viewer', 'invited', 'stranger']);
/** @type {Record<string, User>} */
const users = {};
/** @type {Record<string, Tab>} */
const tabs = {};
for (const name of NAMES) {
  users[name] = await newUser(name);
  tabs[name] = await world.open({ as: users[name], keep: true, options });
}

/** The result of a call: its value, or the code of its error. @param {Tab} tab @param {[name: string, ...args: unknown[]]} call */
async function outcomeOf(tab, ...call) {
  const [{ value, error }] = await tab.calls(call);
  return error ? error.code : value;
}

/** @param {Row} workflow @param {string} name @param {string} role */
async function addMember(workflow, name, role, isAccepted = true) {
  const [member] = await insert('workflow_members', [
    {
      id: randomUUID(),
      workflow_id: workflow.id,
      email: users[name].email,
      role,
      invited_by: users.owner.id,
      user_id: isAccepted ? users[name].id : null,
      created_at: '2026-01-01T00:00:00',
      accepted_at: isAccepted ? '2026-01-02T00:00:00' : null,
    },
  ]);
  return member;
}

/** A workflow of the owner that is shared with an editor and a viewer, with a pending invitation. */
async function shared() {
  const workflow = await newWorkflow(users.owner);
  const [node] = await newNodes(workflow, ['a']);
  const [run] = await newExecutions(workflow, [{ node_count: 1 }]);
  return {
    workflow,
    node,
    run,
    editorship: await addMember(workflow, 'editor', 'editor'),
    viewership: await addMember(workflow, 'viewer', 'viewer'),
    invitation: await addMember(workflow, 'invited', 'viewer', false),
  };
}

/** @typedef {Awaited<ReturnType<typeof shared>>} Shared */

/** The nodes with other values for one of them. @param {Row[]} nodes @param {string} node @param {object} values */
const changed = (nodes, node, values) =>
  nodes.map((row) => (row.node_id === node ? { ...row, ...values } : row));

const GRAPH = { nodes: [{ node_id: 'a', node_type: 'saved' }], connections: [] };
const everyone = ['owner', 'editor', 'viewer'];
/** The action, who may do it, the call, and the result for everyone else: a code, null or an empty list. @type {[string, string[], (of: Shared, me: string) => [string, ...unknown[]], unknown][]} */
const MATRIX = [
  ['read the workflow', everyone, ({ workflow: w }) => ['getWorkflowWithRelations', w.id], null],
  ['read its nodes', everyone, ({ workflow: w }) => ['getWorkflowNodes', w.id], []],
  ['read a run of the owner', everyone, ({ run }) => ['getExecution', run.id], null],
  [
    'rename it',
    ['owner', 'editor'],
    ({ workflow: w }) => ['updateWorkflow', w.id, { name: randomUUID() }],
    'NOT_FOUND',
  ],
  ['save its graph', ['owner', 'editor'], ({ workflow: w }) => ['saveWorkflowGraph', w.id, GRAPH], 'PT404'],
  [
    'add a node',
    ['owner', 'editor'],
    ({ workflow: w }) => ['createWorkflowNode', { workflow_id: w.id, node_id: randomUUID(), node_type: 't' }],
    '42501',
  ],
  [
    'change a node',
    ['owner', 'editor'],
    ({ node }) => ['updateWorkflowNode', node.id, { label: randomUUID() }],
    'NOT_FOUND',
  ],
  [
    'run it',
    ['owner', 'editor'],
    ({ workflow: w }, me) => ['createExecution', { workflow_id: w.id, user_id: me }],
    '42501',
  ],
  [
    'invite',
    ['owner'],
    ({ workflow: w }) => ['inviteToWorkflow', w.id, { email: `${randomUUID()}@example.com`, role: 'viewer' }],
    '42501',
  ],
  [
    'change a role',
    ['owner'],
    ({ viewership }) => ['updateWorkflowMember', viewership.id, { role: 'viewer' }],
    'NOT_FOUND',
  ],
];

const matrixRows = await shared();
for (const [what, allowed, call, refusal] of MATRIX) {
  test(`${allowed.join(', ')} may ${what}`, async () => {
    for (const name of NAMES) {
      await tabs[name].run(() => cache.clear());
      const outcome = await outcomeOf(tabs[name], ...call(matrixRows, users[name].id));
      const isDone = typeof outcome === 'object' && outcome !== null && JSON.stringify(outcome) !== '[]';
      assert.equal(isDone, allowed.includes(name), `${name}: ${JSON.stringify(outcome)}`);
      if (!isDone) {
        const expected = refusal === 'PT404' ? 'NOT_FOUND' : refusal;
        assert.deepEqual(outcome, expected, name);
      }
    }
  });
}

test('members see each other; an invited person sees only the invitation, and a stranger nothing', async () => {
  const { workflow, invitation } = await shared();
  for (const name of everyone) {
    assert.equal((await outcomeOf(tabs[name], 'getWorkflowMembers', workflow.id)).length, 3, name);
  }
  assert.deepEqual(await outcomeOf(tabs.invited, 'getWorkflowMembers', workflow.id), [invitation]);
  assert.deepEqual(await outcomeOf(tabs.stranger, 'getWorkflowMembers', workflow.id), []);
});

/** Only the owner may do these. An editor, who may change the row, gets an error. */
for (const [what, call] of /** @type {[string, (of: Shared) => [string, ...unknown[]]][]} */ ([
  ['archive', ({ workflow: w }) => ['archiveWorkflow', w.id]],
  ['publish', ({ workflow: w }) => ['updateWorkflow', w.id, { is_public: true }]],
  ['take', ({ workflow: w }) => ['updateWorkflow', w.id, { user_id: users.editor.id }]],
])) {
  test(`an editor cannot ${what} a shared workflow`, async () => {
    const of = await shared();
    assert.equal(await outcomeOf(tabs.editor, ...call(of)), '42501');
    assert.deepEqual(await row('workflows', of.workflow.id), of.workflow);
  });
}

test('only the owner deletes a shared workflow', async () => {
  const { workflow } = await shared();
  assert.equal(await outcomeOf(tabs.editor, 'deleteWorkflow', workflow.id), 'NOT_FOUND');
  assert.equal(await outcomeOf(tabs.owner, 'deleteWorkflow', workflow.id), undefined);
  assert.deepEqual(await rows('workflow_members', 'where workflow_id = $1', [workflow.id]), []);
});

test('an invited user sees the invitation, accepts it and finds the workflow among the shared ones', async () => {
  const workflow = await newWorkflow(users.owner);
  const guest = await newUser('guest');
  const tab = await world.open({ as: guest, options });
  assert.deepEqual(await outcomeOf(tab, 'getInvitations'), []);
  assert.deepEqual(await outcomeOf(tab, 'getSharedWorkflows', guest.id), []);

  const invitation = { email: guest.email.toUpperCase(), role: 'editor' };
  const member = await outcomeOf(tabs.owner, 'inviteToWorkflow', workflow.id, invitation);
  assert.deepEqual(member, await row('workflow_members', member.id));
  assert.deepEqual(
    [member.email, member.role, member.user_id, member.invited_by],
    [guest.email, 'editor', null, users.owner.id],
  );
  assert.equal(await outcomeOf(tabs.owner, 'inviteToWorkflow', workflow.id, invitation), '23505');

  await tab.run(() => cache.clear());
  const [offered, ...others] = await outcomeOf(tab, 'getInvitations');
  assert.deepEqual(others, []);
  assert.deepEqual(offered, {
    id: member.id,
    workflow_id: workflow.id,
    workflow_name: workflow.name,
    role: 'editor',
    invited_by: users.owner.id,
    inviter_name: null,
    created_at: member.created_at,
  });
  assert.ok((await tab.run(() => cache.getStats().entries)).includes(`invitations:${guest.id}`));

  const accepted = await outcomeOf(tab, 'acceptInvitation', member.id);
  assert.deepEqual(accepted, await row('workflow_members', member.id));
  assert.equal(accepted.user_id, guest.id);
  assert.deepEqual(await outcomeOf(tab, 'getInvitations'), []);
  assert.deepEqual(await outcomeOf(tab, 'getSharedWorkflows', guest.id), [workflow]);
  assert.deepEqual(await outcomeOf(tab, 'getWorkflow', workflow.id), workflow);

  assert.equal(await outcomeOf(tab, 'leaveWorkflow', workflow.id), undefined);
  assert.deepEqual(await outcomeOf(tab, 'getSharedWorkflows', guest.id), []);
  assert.equal(await outcomeOf(tab, 'getWorkflow', workflow.id), null);
  assert.equal(await row('workflow_members', member.id), null);
});

test('an invitation that is declined or withdrawn is deleted', async () => {
  const { invitation } = await shared();
  const offered = async () =>
    (await outcomeOf(tabs.invited, 'getInvitations')).some(
      (/** @type {Row} */ { id }) => id === invitation.id,
    );
  await tabs.invited.run(() => cache.clear());
  assert.ok(await offered());
  assert.equal(await outcomeOf(tabs.invited, 'declineInvitation', invitation.id), undefined);
  assert.ok(!(await offered()));
  assert.equal(await outcomeOf(tabs.invited, 'acceptInvitation', invitation.id), 'NOT_FOUND');
  assert.equal(await outcomeOf(tabs.owner, 'removeWorkflowMember', invitation.id), undefined);
});

test('an invitation can be accepted only by its own, verified address, and declined only by its own', async () => {
  const { invitation } = await shared();
  for (const name of ['owner', 'editor', 'stranger']) {
    assert.equal(await outcomeOf(tabs[name], 'acceptInvitation', invitation.id), 'NOT_FOUND', name);
  }
  await outcomeOf(tabs.stranger, 'declineInvitation', invitation.id);
  await stack.sql('update auth.users set email_confirmed_at = null where id = $1', [users.invited.id]);
  await tabs.invited.run(() => cache.clear());
  assert.deepEqual(await outcomeOf(tabs.invited, 'getInvitations'), []);
  assert.equal(await outcomeOf(tabs.invited, 'acceptInvitation', invitation.id), '42501');
  await stack.sql('update auth.users set email_confirmed_at = now() where id = $1', [users.invited.id]);
  assert.deepEqual(await row('workflow_members', invitation.id), invitation);
});

const loseAnswer = (/** @type {string} */ method) =>
  stack.faults.add({ match: { method, path: /^\/rest/ }, action: 'resetAfterCommit' });

test('each write with a lost response is executed once', async () => {
  const { workflow, editorship, viewership, invitation } = await shared();
  await loseAnswer('POST');
  const made = await outcomeOf(tabs.owner, 'inviteToWorkflow', workflow.id, {
    email: 'lost@example.com',
    role: 'viewer',
  });
  assert.deepEqual(made, await row('workflow_members', made.id));
  await loseAnswer('PATCH');
  const changed = await outcomeOf(tabs.owner, 'updateWorkflowMember', viewership.id, { role: 'editor' });
  assert.deepEqual(changed, await row('workflow_members', viewership.id));
  await loseAnswer('DELETE');
  assert.equal(await outcomeOf(tabs.owner, 'removeWorkflowMember', viewership.id), undefined);
  assert.equal(await row('workflow_members', viewership.id), null);
  await loseAnswer('POST');
  const accepted = await outcomeOf(tabs.invited, 'acceptInvitation', invitation.id);
  assert.deepEqual(accepted, await row('workflow_members', invitation.id));
  await loseAnswer('POST');
  assert.equal(await outcomeOf(tabs.editor, 'leaveWorkflow', workflow.id), undefined);
  assert.equal(await row('workflow_members', editorship.id), null);
  const offered = await shared();
  await loseAnswer('DELETE');
  assert.equal(await outcomeOf(tabs.invited, 'declineInvitation', offered.invitation.id), undefined);
  assert.equal(await row('workflow_members', offered.invitation.id), null);
});

test('a member receives changes to a shared workflow, and nothing of it stays cached when the membership ends', async () => {
  const { workflow, node, editorship } = await shared();
  const tab = await world.open({ as: users.editor, options });
  await follow(tab, 'workflow_members', { scope: users.editor.id }, 'members');
  await follow(tab, 'workflow_nodes', { scope: workflow.id }, 'nodes');
  await tab.calls(['getWorkflowWithRelations', workflow.id], ['getSharedWorkflows', users.editor.id]);
  await stack.sql("update workflow_nodes set label = 'moved' where id = $1", [node.id]);
  assert.equal((await hears(tab, 1, 'nodes'))[0].record.label, 'moved');
  const [{ value: nodes }] = await tab.calls(['getWorkflowNodes', workflow.id]);
  assert.equal(nodes[0].label, 'moved');

  assert.equal(await outcomeOf(tabs.owner, 'removeWorkflowMember', editorship.id), undefined);
  const isGone = async () => {
    const entries = await tab.run(() => cache.getStats().entries);
    return !entries.some((key) => key.includes(workflow.id) || key.startsWith('shared_workflows:'));
  };
  await until(isGone);
  const told = await hears(tab, 2, 'nodes');
  assert.deepEqual([told[1].type, told[1].record.id, told[1].origin], ['DELETE', node.id, 'resync']);
  await stack.sql("update workflow_nodes set label = 'secret' where id = $1", [node.id]);
  await world.rest();
  assert.equal((await hears(tab, 2, 'nodes')).length, 2, 'and no later change is received');
});

test('concurrent saves of an owner and an editor are merged, and conflict if both changed one field', async () => {
  const { workflow } = await shared();
  await newNodes(workflow, ['b']);
  const [{ value: base }] = await tabs.owner.calls(['getWorkflowWithRelations', workflow.id]);
  /** @param {string} name @param {string} node @param {object} values */
  const save = (name, node, values) =>
    tabs[name].calls([
      'saveWorkflowGraph',
      workflow.id,
      { nodes: changed(base.nodes, node, values), connections: [] },
      { base },
    ]);
  const [[ofOwner], [ofEditor]] = await Promise.all([
    save('owner', 'a', { label: 'owner' }),
    save('editor', 'b', { label: 'editor' }),
  ]);
  assert.deepEqual([ofOwner.error, ofEditor.error], [undefined, undefined]);
  const labels = async () => {
    const stored = await rows('workflow_nodes', 'where workflow_id = $1 order by node_id', [workflow.id]);
    return stored.map(({ label }) => label);
  };
  assert.deepEqual(await labels(), ['owner', 'editor']);

  const [{ error }] = await save('editor', 'a', { label: 'other' });
  assert.equal(error.code, 'CONFLICT');
  assert.deepEqual(await labels(), ['owner', 'editor']);
});

test('a save with `base` of a viewer, or of an editor whose role was lowered, is refused', async () => {
  const { workflow, node, editorship } = await shared();
  const [{ value: base }] = await tabs.editor.calls(['getWorkflowWithRelations', workflow.id]);
  await stack.sql("update workflow_members set role = 'viewer' where id = $1", [editorship.id]);
  const graph = { nodes: changed(base.nodes, 'a', { label: 'refused' }), connections: [] };
  for (const name of ['viewer', 'editor', 'invited', 'stranger']) {
    const saved = await outcomeOf(tabs[name], 'saveWorkflowGraph', workflow.id, graph, { base });
    assert.equal(saved, 'NOT_FOUND', name);
  }
  assert.deepEqual(await row('workflow_nodes', node.id), node);
});

test('a shared workflow renamed by its owner is patched in the member’s list without a request', async () => {
  const { workflow } = await shared();
  const tab = await world.open({ as: users.editor, options });
  await tab.calls(['getSharedWorkflows', users.editor.id]);
  await follow(tab, 'workflows', { scope: workflow.id });
  const own = await newWorkflow(users.editor);
  await follow(tab, 'workflows', { scope: users.editor.id }, 'own');
  stack.requests.clear();
  await stack.sql("update workflows set name = 'renamed by its owner' where id = $1", [workflow.id]);
  await stack.sql("update workflows set name = 'own one' where id = $1", [own.id]);
  await hears(tab, 1);
  await hears(tab, 1, 'own');
  const [{ value: list }] = await tab.calls(['getSharedWorkflows', users.editor.id]);
  assert.equal(list.find((/** @type {Row} */ { id }) => id === workflow.id).name, 'renamed by its owner');
  assert.ok(!list.some((/** @type {Row} */ { id }) => id === own.id));
  assert.equal(stack.requests.count({ method: 'GET' }), 0);
});

test('a list of shared workflows that the server truncates is complete', async () => {
  const guest = await newUser('guest');
  users.guest = guest;
  const made = await insert(
    'workflows',
    Array.from({ length: 1_205 }, (_, index) => ({ user_id: users.owner.id, name: `cut ${index}` })),
  );
  await stack.sql(
    `insert into workflow_members (workflow_id, email, role, invited_by, user_id, accepted_at)
     select id, $1, 'viewer', user_id, $2, localtimestamp from workflows where name like 'cut %'`,
    [guest.email, guest.id],
  );
  const tab = await world.open({ as: guest, options });
  const list = await outcomeOf(tab, 'getSharedWorkflows', guest.id);
  assert.equal(list.length, made.length);
});

test('a database without members reports the migration that adds them', async () => {
  const plain = await world.open({ as: users.owner, configured: false });
  await stack.migrate(['undo_workflow_members']);
  await plain.run(async () => {
    const { url, key } = env;
    wdb.configure({ url, key, accessToken: () => env.token });
  });
  const { workflow } = matrixRows;
  /** @type {[string, ...unknown[]][]} */
  const calls = [
    ['getWorkflowMembers', workflow.id],
    ['inviteToWorkflow', workflow.id, { email: 'x@example.com', role: 'viewer' }],
    ['updateWorkflowMember', randomUUID(), { role: 'viewer' }],
    ['removeWorkflowMember', randomUUID()],
    ['getInvitations'],
    ['acceptInvitation', randomUUID()],
    ['declineInvitation', randomUUID()],
    ['leaveWorkflow', workflow.id],
    ['getSharedWorkflows', users.owner.id],
  ];
  const isGone = async () => (await plain.calls(['getInvitations']))[0].error?.code === 'MIGRATION_REQUIRED';
  await until(isGone);
  for (const call of calls) {
    const [{ error }] = await plain.calls(call);
    assert.equal(error?.code, 'MIGRATION_REQUIRED', call[0]);
    assert.ok(error.hint.includes(MIGRATION), `${call[0]}: ${error.hint}`);
  }
});
