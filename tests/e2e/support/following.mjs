// @ts-check
import assert from 'node:assert/strict';

/** @typedef {import('./world.mjs').World} World */
/** @typedef {import('./world.mjs').Tab} Tab */

/**
 * A page with the official client, whose session the default client follows, and no signed-in user.
 *
 * In the page, `supabase` is that client, `sessions` contains its auth events, and `sent` the Authorization headers of
 * our requests.
 *
 * @param {World} world
 * @param {{ autoRefreshToken?: boolean, prepare?: (tab: Tab) => Promise<unknown>, options?: object }} [settings]
 */
export async function openFollowing(world, { autoRefreshToken = false, prepare, options = {} } = {}) {
  const tab = await world.open({ configured: false });
  await prepare?.(tab);
  await tab.run(async ([autoRefreshToken, options]) => {
    localStorage.clear();
    const { createClient } = await import(String('/supabase.js'));
    const supabase = createClient(env.url, env.key, { auth: { autoRefreshToken } });
    /** @type {string[]} */
    const events = [];
    /** @type {string[]} */
    const sessions = [];
    /** @type {(string | null)[]} */
    const sent = [];
    supabase.auth.onAuthStateChange((/** @type {string} */ event) => void sessions.push(event));
    wdb.configure({
      supabase,
      onEvent: ({ type }) => events.push(type),
      fetch(url, init) {
        sent.push(new Headers(init.headers).get('Authorization'));
        return fetch(url, init);
      },
      ...options,
    });
    Object.assign(globalThis, { supabase, sessions, sent });
  }, /** @type {const} */ ([autoRefreshToken, options]));
  return tab;
}

/** @param {Tab} tab @param {{ email: string, password: string }} user */
export async function signIn(tab, { email, password }) {
  const error = await tab.run(
    async (who) => (await /** @type {any} */ (globalThis).supabase.auth.signInWithPassword(who)).error,
    { email, password },
  );
  assert.equal(error, null);
}

/** @param {Tab} tab */
export const signOut = (tab) => tab.run(() => /** @type {any} */ (globalThis).supabase.auth.signOut());
