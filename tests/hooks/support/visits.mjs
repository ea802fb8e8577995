// @ts-check
// Visits of a page that persists what it reads.

/** Configures the page's client to persist, as an app does at its start. @param {import('../../e2e/support/world.mjs').Tab} tab @param {object} env */
export const start = (tab, env) =>
  tab.run((env) => {
    Object.assign(globalThis, { env });
    const { url, key } = env;
    const { offlineEntry } = /** @type {any} */ (globalThis);
    const retry = { maxAttempts: 1 };
    const accessToken = async () => env.token ?? Promise.reject(new Error('The provider cannot answer'));
    wdb.configure({ url, key, retry, accessToken, offline: offlineEntry.offline() });
  }, /** @type {any} */ (env));

/** Loads the page again. @param {import('../../e2e/support/world.mjs').Tab} tab @param {object} env */
export async function reload(tab, env) {
  await tab.page.reload();
  await tab.page.waitForSelector('html[data-is-ready]', { state: 'attached' });
  await start(tab, env);
}
