// @ts-check
// Page listeners: the page notifies clients when it becomes visible or online again, but does not keep them alive.
import { test } from 'node:test';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const CLIENTS = 1_000;
const world = await useWorld();

for (const end of /** @type {const} */ (['closed', 'let go of'])) {
  test(`${CLIENTS} clients that are ${end} leave no listeners on the page`, async () => {
    const tab = await world.open({ as: await world.newUser('ada') });
    const session = await tab.page.context().newCDPSession(tab.page);
    const listeners = async () => {
      await session.send('HeapProfiler.collectGarbage');
      return (await session.send('Memory.getDOMCounters')).jsEventListeners;
    };
    const makeClients = (/** @type {number} */ count) =>
      tab.run(([count, end]) => {
        for (let made = 0; made < count; made += 1) {
          const client = wdb.createClient({ url: env.url, key: env.key, accessToken: () => env.token });
          client.cache.observe('workflows:x', () => client);
          if (end === 'closed') client.close();
        }
      }, /** @type {const} */ ([count, end]));
    await makeClients(1);
    const before = await listeners();
    await makeClients(CLIENTS);
    await until(async () => (await listeners()) <= before);
  });
}
