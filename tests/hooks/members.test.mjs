// @ts-check
// Sharing in two browsers: roles, members, invitations and shared workflows in the hooks.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { createLive } from './support/live.mjs';
import { REFUSED, VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, newUser, newWorkflow, newNodes, insert, row } = await useHooks({ members: true });
const { shows, change, remove } = createLive({ stack });

/** @typedef {import('../e2e/support/fixtures.mjs').User} User */
/** @typedef {import('../e2e/support/fixtures.mjs').Row} Row */

const QUIET = { loading: false, error: null, isFetching: false, isSaving: false };

/** @param {Row} workflow @param {User} user @param {string} role @param {boolean} [isAccepted] */
async function addMember(workflow, user, role, isAccepted = true) {
  const [member] = await insert('workflow_members', [
    {
      id: randomUUID(),
      workflow_id: workflow.id,
      email: user.email,
      role,
      invited_by: workflow.user_id,
      user_id: isAccepted ? user.id : null,
      created_at: '2026-01-01T00:00:00',
      accepted_at: isAccepted ? '2026-01-02T00:00:00' : null,
    },
  ]);
  return member;
}

/** Renders a hook, and waits until its subscriptions are live. @param {any} tab @param {string} name @param {string} hook @param {string} id */
async function open(tab, name, hook, id) {
  const shown = await tab.run(
    (/** @type {string[]} */ [name, hook, id]) => {
      show(name, hook, [id]);
      return settledView(name);
    },
    [name, hook, id],
  );
  await tab.run(() =>
    until(() => {
      const active = react.getRealtimeManager().getActiveSubscriptions();
      return active.length > 0 && active.every(({ status }) => status === 'live');
    }),
  );
  await stack.realtime.settle();
  return shown;
}

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('useWorkflow returns the current role, and null when the membership ends', async () => {
    const [ada, ben] = [await newUser('ada'), await newUser('ben')];
    const workflow = await newWorkflow(ada);
    await newNodes(workflow, ['a']);
    const member = await addMember(workflow, ben, 'editor');
    const [owner, guest] = [await openHooks(version, ada), await openHooks(version, ben)];
    assert.equal((await open(owner, 'one', 'useWorkflow', workflow.id)).role, 'owner');
    await open(guest, 'one', 'useWorkflow', workflow.id);
    await shows(guest, 'one', 'role', 'editor');
    await change('workflow_members', member.id, 'role', 'viewer');
    await shows(guest, 'one', 'role', 'viewer');
    await shows(guest, 'one', 'workflow.name', workflow.name);
    await remove('workflow_members', member.id);
    await shows(guest, 'one', 'workflow', null);
    await shows(guest, 'one', 'role', null);
    const kept = await guest.run((id) => {
      const keys = react
        .getCacheManager()
        .getStats()
        .entries.filter((key) => key.includes(id));
      return keys.map((key) => react.getCacheManager().get(key));
    }, workflow.id);
    // The empty list of members may have been read in the meantime.
    assert.deepEqual(kept.flat(), []);
    assert.equal((await owner.run(() => view('one'))).workflow.id, workflow.id);
  });

  it('useWorkflow is loading until it knows the role in a shared workflow', async () => {
    const [ada, ben] = [await newUser('ada'), await newUser('ben')];
    const workflow = await newWorkflow(ada);
    await addMember(workflow, ben, 'editor');
    const guest = await openHooks(version, ben);
    const views = await guest.run(async (id) => {
      show('one', 'useWorkflow', [id]);
      await settledView('one');
      return given('one').map((/** @type {any} */ result) => plain(result));
    }, workflow.id);
    const first = views.find((/** @type {Row} */ { workflow }) => workflow !== null);
    assert.deepEqual([first.loading, first.role], [true, null], 'the workflow arrives before the role');
    assert.ok(views.every((/** @type {Row} */ { loading, role }) => loading || role === 'editor'));
  });

  it('useWorkflow returns no role for a public workflow, and does not read members of an owned one', async () => {
    const [ada, eve] = [await newUser('ada'), await newUser('eve')];
    const workflow = await newWorkflow(ada, { is_public: true });
    const [owner, stranger] = [await openHooks(version, ada), await openHooks(version, eve)];
    stack.requests.clear();
    await open(owner, 'one', 'useWorkflow', workflow.id);
    assert.equal(stack.requests.count({ path: /workflow_members/ }), 0);
    const shown = await open(stranger, 'one', 'useWorkflow', workflow.id);
    assert.deepEqual([shown.workflow.id, shown.role, shown.error], [workflow.id, null, null]);
  });

  it('useWorkflowMembers invites, changes and removes at once, and rolls back failures', async () => {
    const [ada, ben] = [await newUser('ada'), await newUser('ben')];
    const workflow = await newWorkflow(ada);
    const member = await addMember(workflow, ben, 'viewer');
    const tab = await openHooks(version, ada);
    assert.deepEqual(await open(tab, 'members', 'useWorkflowMembers', workflow.id), {
      members: [member],
      ...QUIET,
    });
    const invited = await tab.run(() =>
      latest('members').inviteMember({ email: 'New@Example.com', role: 'editor' }),
    );
    assert.deepEqual(invited, await row('workflow_members', invited.id));
    await shows(tab, 'members', 'members', [member, invited]);

    stack.faults.add({ match: { method: 'PATCH' }, action: 'latency', ms: 200 });
    const early = await tab.run(async (id) => {
      const written = latest('members').updateMember(id, { role: 'editor' });
      await until(() => latest('members').isSaving);
      const early = view('members').members.map((/** @type {Row} */ { role }) => role);
      await written;
      return early;
    }, member.id);
    assert.deepEqual(early, ['editor', 'editor']);

    stack.faults.add({ match: { method: 'DELETE' }, ...REFUSED });
    const refused = await tab.run(async (id) => {
      await failure(latest('members').removeMember(id));
      return settledView('members');
    }, invited.id);
    assert.deepEqual([refused.members.length, refused.error.code], [2, '23514']);
    stack.faults.clear();
    await tab.run((id) => latest('members').removeMember(id), invited.id);
    await shows(tab, 'members', 'members', [{ ...member, role: 'editor' }]);
  });

  it('an invitation appears, becomes a shared workflow when accepted, and the owner sees that', async () => {
    const [ada, ben] = [await newUser('ada'), await newUser('ben')];
    const workflow = await newWorkflow(ada);
    const [owner, guest] = [await openHooks(version, ada), await openHooks(version, ben)];
    assert.deepEqual(await open(guest, 'invitations', 'useInvitations', ben.id), {
      invitations: [],
      ...QUIET,
    });
    assert.deepEqual(await open(guest, 'shared', 'useSharedWorkflows', ben.id), { workflows: [], ...QUIET });
    await open(owner, 'members', 'useWorkflowMembers', workflow.id);

    const { id } = await owner.run(
      (email) => latest('members').inviteMember({ email, role: 'editor' }),
      ben.email,
    );
    await shows(guest, 'invitations', 'invitations.0.workflow_name', workflow.name);
    const accepted = await guest.run((id) => latest('invitations').acceptInvitation(id), id);
    assert.deepEqual(accepted, await row('workflow_members', id));
    await shows(guest, 'invitations', 'invitations', []);
    await shows(guest, 'shared', 'workflows', [workflow]);
    await shows(owner, 'members', 'members.0.user_id', ben.id);

    await change('workflows', workflow.id, 'name', 'renamed by its owner');
    await shows(guest, 'shared', 'workflows.0.name', 'renamed by its owner');
    await guest.run((id) => latest('shared').leaveWorkflow(id), workflow.id);
    await shows(guest, 'shared', 'workflows', []);
    await shows(owner, 'members', 'members', []);
  });

  it('a withdrawn invitation disappears, and a declined one at once', async () => {
    const [ada, ben] = [await newUser('ada'), await newUser('ben')];
    const [one, two] = [await newWorkflow(ada), await newWorkflow(ada)];
    const [first, second] = [
      await addMember(one, ben, 'viewer', false),
      await addMember(two, ben, 'viewer', false),
    ];
    const tab = await openHooks(version, ben);
    // The subscription is live before it knows which invitations there are.
    stack.faults.add({ match: { method: 'GET', path: '/workflow_members' }, action: 'latency', ms: 500 });
    await open(tab, 'invitations', 'useInvitations', ben.id);
    await remove('workflow_members', first.id);
    await shows(tab, 'invitations', 'invitations.length', 1);
    stack.faults.add({ match: { method: 'DELETE' }, action: 'latency', ms: 300 });
    const early = await tab.run(async (id) => {
      const written = latest('invitations').declineInvitation(id);
      await until(() => latest('invitations').isSaving);
      const early = view('invitations').invitations.length;
      await written;
      return early;
    }, second.id);
    assert.equal(early, 0);
    assert.equal(await row('workflow_members', second.id), null);
  });

  it('a shared workflow leaves the list when its membership ends or it is deleted', async () => {
    const [ada, ben] = [await newUser('ada'), await newUser('ben')];
    const [one, two, three] = [await newWorkflow(ada), await newWorkflow(ada), await newWorkflow(ada)];
    const member = await addMember(one, ben, 'viewer');
    await addMember(two, ben, 'viewer');
    await addMember(three, ben, 'viewer');
    const tab = await openHooks(version, ben);
    await open(tab, 'shared', 'useSharedWorkflows', ben.id);
    await shows(tab, 'shared', 'workflows', [one, two, three]);
    await remove('workflow_members', member.id);
    await shows(tab, 'shared', 'workflows', [two, three]);
    await remove('workflows', two.id);
    await shows(tab, 'shared', 'workflows', [three]);
  });

  it('hooks without an id send no request', async () => {
    const tab = await openHooks(version, await newUser('ada'));
    stack.requests.clear();
    const views = await tab.run(async () => {
      const names = ['useWorkflowMembers', 'useInvitations', 'useSharedWorkflows'];
      for (const name of names) show(name, name, ['']);
      return Promise.all(names.map(settledView));
    });
    assert.deepEqual(views, [
      { members: [], ...QUIET },
      { invitations: [], ...QUIET },
      { workflows: [], ...QUIET },
    ]);
    assert.equal(stack.requests.count(), 0);
  });
}

test('without the migration for members, owners have their role, others have none, and hooks name the migration', async () => {
  await stack.migrate(['undo_workflow_members']);
  after(() => stack.migrate(['workflow_members']));
  const [ada, eve] = [await newUser('ada'), await newUser('eve')];
  const workflow = await newWorkflow(ada, { is_public: true });
  const [owner, stranger] = [await openHooks('19', ada), await openHooks('19', eve)];
  assert.equal((await open(owner, 'one', 'useWorkflow', workflow.id)).role, 'owner');
  const shown = await open(stranger, 'one', 'useWorkflow', workflow.id);
  assert.deepEqual([shown.workflow.id, shown.role, shown.error], [workflow.id, null, null]);
  const views = await owner.run(async ([workflowId, userId]) => {
    show('members', 'useWorkflowMembers', [workflowId]);
    show('invitations', 'useInvitations', [userId]);
    show('shared', 'useSharedWorkflows', [userId]);
    return Promise.all(['members', 'invitations', 'shared'].map(settledView));
  }, /** @type {const} */ ([workflow.id, ada.id]));
  assert.deepEqual(
    views.map(({ error }) => error.code),
    ['MIGRATION_REQUIRED', 'MIGRATION_REQUIRED', 'MIGRATION_REQUIRED'],
  );
});
