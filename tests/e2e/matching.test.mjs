// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { useWorld } from './support/world.mjs';

// Which cached lists contain a changed row, and at which position? The database itself provides the expected result.
const world = await useWorld();
const { stack, insert, newUser, newWorkflow } = world;
const user = await newUser('ada');
const tab = await world.open({ as: user, keep: true });
const ROUNDS = 40;

/** A small random generator, so that a failure can be repeated. */
function randomOf(/** @type {number} */ seed) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    below: (/** @type {number} */ limit) => Math.floor(next() * limit),
    /** @template T @param {T[]} list */
    of: (list) => list[Math.floor(next() * list.length)],
  };
}

/** @typedef {ReturnType<typeof randomOf>} Random */
/** @typedef {[name: string, ...args: unknown[]]} Call */

const TIMES = [null, '2024-01-01T00:00:00', '2024-01-01T00:00:00.5', '2024-01-02T00:00:00'];

/**
 * Reads, then writes at random. After each write, every cached list must equal the server's.
 *
 * @param {Call[]} reads
 * @param {(random: Random) => Call} write
 */
async function checkCoherence(reads, write) {
  const random = randomOf(7);
  await tab.calls(...reads);
  for (let round = 0; round < ROUNDS; round += 1) {
    const call = write(random);
    const [{ error }] = await tab.calls(call);
    assert.ok(error === undefined || error.code === 'NOT_FOUND', JSON.stringify([call, error]));
    const wrong = await tab.run(async (reads) => {
      const found = [];
      for (const [name, ...args] of reads) {
        const cached = await /** @type {any} */ (db)[name](...args);
        const fresh = await /** @type {any} */ (db.with({ fresh: true, ttlMs: 0 }))[name](...args);
        if (JSON.stringify(cached) !== JSON.stringify(fresh)) found.push({ name, args, cached, fresh });
        await /** @type {any} */ (db)[name](...args);
      }
      return found;
    }, reads);
    assert.deepEqual(wrong, [], `after round ${round}: ${JSON.stringify(call)}`);
  }
}

test('workflows: archived or not, in every order, with NULL in any column', async () => {
  const made = await insert(
    'workflows',
    TIMES.flatMap((created_at, index) =>
      TIMES.map((updated_at) => ({
        user_id: user.id,
        name: randomUUID(),
        created_at,
        updated_at,
        is_public: index === 0 ? null : false,
      })),
    ),
  );
  const ids = made.map(({ id }) => id);
  const userId = user.id;
  /** @type {Call[]} */
  const reads = [
    ['getWorkflows', userId],
    ['getWorkflows', userId, true],
    ['getWorkflows', { userId, sortBy: 'created_at', sortOrder: 'asc' }],
    ['getWorkflows', { userId, sortBy: 'created_at', limit: 5, offset: 2 }],
    ['getWorkflows', { userId, sortBy: 'name', includeArchived: true }],
  ];
  await checkCoherence(reads, (random) =>
    random.of(
      /** @type {Call[]} */ ([
        ['createWorkflow', userId, { name: randomUUID(), created_at: random.of(TIMES) }],
        ['updateWorkflow', random.of(ids), { archived_at: random.of(TIMES) }],
        ['updateWorkflow', random.of(ids), { created_at: random.of(TIMES), name: randomUUID() }],
        ['archiveWorkflow', random.of(ids)],
        ['deleteWorkflow', random.of(ids)],
      ]),
    ),
  );
});

test('API keys: active, inactive, and NULL, which is neither', async () => {
  const made = await insert(
    'api_keys',
    [true, false, null, true].map((is_active, index) => ({
      user_id: user.id,
      service_name: `s${index}`,
      encrypted_key: 'k',
      is_active,
      created_at: TIMES[index],
    })),
  );
  const ids = made.map(({ id }) => id);
  /** @type {Call[]} */
  const reads = [
    ['getApiKeys', user.id],
    ['getApiKeysPublic', user.id],
    ['getApiKey', user.id, 's1'],
  ];
  await checkCoherence(reads, (random) =>
    random.of(
      /** @type {Call[]} */ ([
        ['createApiKey', { user_id: user.id, service_name: randomUUID(), encrypted_key: 'k' }],
        ['updateApiKey', random.of(ids), { is_active: random.of([true, false, null]) }],
        ['updateApiKey', random.of(ids), { encrypted_key: randomUUID(), created_at: random.of(TIMES) }],
      ]),
    ),
  );
});

test('templates: by category and feature, NULL in either', async () => {
  const data = { nodes: [], connections: [] };
  const made = await insert(
    'workflow_templates',
    ['video', 'image', null].flatMap((category) =>
      [true, false, null].map((is_featured) => ({
        name: randomUUID(),
        category,
        is_featured,
        workflow_data: data,
        created_by: user.id,
      })),
    ),
  );
  const ids = made.map(({ id }) => id);
  /** @type {Call[]} */
  const reads = [
    ['getTemplates'],
    ['getTemplates', { category: 'video' }],
    ['getTemplates', { featured: true }],
    ['getTemplates', { category: 'image', featured: false }],
  ];
  await checkCoherence(reads, (random) =>
    random.of(
      /** @type {Call[]} */ ([
        [
          'createTemplate',
          { name: randomUUID(), workflow_data: data, category: random.of(['video', 'image']) },
        ],
        ['updateTemplate', random.of(ids), { category: random.of(['video', 'image', null]) }],
        ['updateTemplate', random.of(ids), { is_featured: random.of([true, false, null]) }],
        ['deleteTemplate', random.of(ids)],
      ]),
    ),
  );
});

test('favorites, saved templates and integrations follow their user’s writes', async () => {
  const workflows = await Promise.all([newWorkflow(user), newWorkflow(user), newWorkflow(user)]);
  const [template] = await insert('workflow_templates', [
    { name: randomUUID(), workflow_data: { nodes: [], connections: [] } },
  ]);
  const services = ['a', 'b?c', 'd:e'];
  /** @type {Call[]} */
  const reads = [
    ['getFavorites', user.id],
    ['getSavedTemplates', user.id],
    ['getIntegrations', user.id],
    ...services.map((service) => /** @type {Call} */ (['getIntegration', user.id, service])),
  ];
  await checkCoherence(reads, (random) => {
    const workflow = random.of(workflows).id;
    return random.of(
      /** @type {Call[]} */ ([
        ['addFavorite', user.id, workflow],
        ['removeFavorite', user.id, workflow],
        ['saveTemplate', user.id, template.id],
        ['unsaveTemplate', user.id, template.id],
        ['upsertIntegration', user.id, random.of(services), { is_connected: random.of([true, false, null]) }],
        ['deleteIntegration', user.id, random.of(services)],
      ]),
    );
  });
  await tab.calls(['getFavorites', user.id]);
  await tab.calls(['deleteWorkflow', workflows[0].id]);
  const [{ value }] = await tab.calls(['getFavorites', user.id]);
  assert.ok(value.every((/** @type {any} */ row) => row.workflow_id !== workflows[0].id));
  assert.ok(stack.requests.count() > 0);
});
