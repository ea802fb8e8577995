// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unpackedPackage } from '../e2e/support/package.mjs';
import { VERSIONS, bundled } from './support/world.mjs';

const SERVER = fileURLToPath(new URL('./support/server.jsx', import.meta.url));
const { root, remove } = await unpackedPackage();
const dir = await mkdtemp(join(tmpdir(), 'workflow-db-server-'));
after(() => Promise.all([remove(), rm(dir, { recursive: true, force: true })]));

const WITHOUT_LOADING = ['recent', 'summary', 'room', 'sync'];

/** A client whose requests are counted, and return one workflow with this name. @param {any} wdb @param {string} name */
function clientOf(wdb, name) {
  const seen = { requests: 0 };
  const fetch = async () => {
    seen.requests += 1;
    const body = JSON.stringify([{ id: randomUUID(), name, archived_at: null }]);
    return new Response(body, { headers: { 'content-range': '0-0/1' } });
  };
  return { seen, client: wdb.createClient({ url: 'https://x.example', key: 'sb_publishable_x', fetch }) };
}

for (const version of VERSIONS) {
  test(`React ${version}: a server renders every hook as loading, sends no request, and does not mix clients`, async () => {
    const file = join(dir, `react${version}.cjs`);
    await writeFile(file, await bundled(SERVER, version, root, { format: 'cjs', platform: 'node' }));
    const { wdb, render } = createRequire(import.meta.url)(file);
    const ids = { userId: randomUUID(), workflowId: randomUUID(), executionId: randomUUID() };
    const [ada, grace] = [clientOf(wdb, 'of ada'), clientOf(wdb, 'of grace')];
    // Rows in a client's cache are not rendered: browsers could not hydrate them.
    await ada.client.db.getWorkflows(ids.userId);
    const pages = [ada, grace].map(({ client }) => render(client, ids));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual([ada.seen.requests, grace.seen.requests], [1, 0]);
    assert.deepEqual(pages[0], pages[1]);
    assert.ok(!JSON.stringify(pages).includes('of ada'));
    const waiting = { loading: true, error: null, isFetching: true };
    const { workflows, workflow, brand, recent, summary, history } = pages[0];
    assert.deepEqual(workflows, { workflows: [], ...waiting });
    assert.deepEqual(workflow, { workflow: null, role: null, isSaving: false, ...waiting });
    assert.deepEqual(brand, { settings: null, isSaving: false, ...waiting });
    assert.deepEqual([recent, summary.totalActions], [[], 0]);
    assert.deepEqual([history.data, history.total, history.loading], [[], 0, true]);
    assert.deepEqual([pages[0].room.status, pages[0].sync.pending], ['connecting', 0]);
    for (const [name, result] of Object.entries(pages[0])) {
      if (!WITHOUT_LOADING.includes(name)) assert.equal(result.loading, true, name);
    }
    const empty = render(ada.client, { userId: '', workflowId: '', executionId: '' });
    for (const [name, result] of Object.entries(empty)) {
      if (!WITHOUT_LOADING.includes(name)) assert.equal(result.loading, false, name);
    }
    ada.client.close();
    grace.client.close();
  });
}
