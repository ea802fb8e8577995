// @ts-check
// Input that is refused before sending because no server could accept it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow } = world;

async function adaWith() {
  const user = await newUser('ada');
  const { workflow } = await newEstate(user);
  return { user, workflow, tab: await world.open({ as: user }) };
}

test('a value that makes the URL too long is refused; one that just fits is sent', async () => {
  const { tab, workflow, user } = await adaWith();
  await newWorkflow(user);
  const [long, fits] = await tab.calls(
    ['deleteWorkflowConnection', workflow.id, '%'.repeat(2_700)],
    ['deleteWorkflowConnection', workflow.id, 'x'.repeat(7_700)],
  );
  assert.deepEqual([long.error?.code, fits.error], ['INVALID_INPUT', undefined]);
  assert.equal(stack.requests.count(), 1);
});

test('an invalid id is refused, even if it would complete a cached key', async () => {
  const { tab, workflow } = await adaWith();
  await tab.calls(['getWorkflowWithRelations', workflow.id]);
  const [{ error }] = await tab.calls(['getWorkflow', `${workflow.id}?relations`]);
  assert.equal(error?.code, 'INVALID_INPUT');
  assert.ok(error.message.startsWith('id: expected '), error.message);
});

test('strings that the database cannot store are refused at any depth, and nothing is sent', async () => {
  const { tab, workflow } = await adaWith();
  const outcomes = await tab.run(async (workflow_id) => {
    const node = { workflow_id, node_id: 'a', node_type: 't' };
    const all = [];
    for (const bad of ['\0', 'a\u0000b', '\ud800', 'a\udc00\ud800', '🎈'.slice(1)]) {
      for (const given of [{ label: bad }, { config: { deep: [bad] } }, { config: { [bad]: 1 } }]) {
        all.push(await outcome(db.createWorkflowNode({ ...node, ...given })));
      }
    }
    return all;
  }, workflow.id);
  assert.equal(outcomes.length, 15);
  for (const { error } of outcomes) {
    assert.equal(error?.code, 'INVALID_INPUT');
    assert.match(
      error.message,
      /^(label|config\S*): expected text without (NUL characters|half of a surrogate pair)$/,
    );
  }
  assert.equal(stack.requests.count(), 0);
});
