// @ts-check
// Runs in the page: an application that reads, writes and subscribes in its auth callback. Parameters in the URL
// configure it.
const query = new URLSearchParams(location.search);

/** The deviation of the page's clock in milliseconds. The server's clock is correct. */
const skew = Number(query.get('skew'));
const RealDate = Date;
globalThis.Date = /** @type {DateConstructor} */ (
  class extends RealDate {
    /** @param {any[]} parts */
    constructor(...parts) {
      super(.../** @type {[any]} */ (parts.length > 0 ? parts : [RealDate.now() + skew]));
    }
    static now() {
      return RealDate.now() + skew;
    }
  }
);

await import(String('/page.js'));
const { createClient } = await import(String('/supabase.js'));
const userId = String(query.get('user'));
const supabase = createClient(query.get('url'), query.get('key'), {
  auth: {
    storageKey: query.get('storage'),
    autoRefreshToken: query.get('refresh') !== 'off',
    // Earlier versions of supabase-js did this themselves: every event is announced while the lock is held.
    ...(query.has('lock') && {
      lock: (/** @type {string} */ name, /** @type {number} */ _, /** @type {() => Promise<any>} */ run) =>
        navigator.locks.request(name, run),
    }),
  },
});

/** The results of each event's callback. @type {any[]} */
const told = [];
Object.assign(globalThis, { supabase, told });

// A call that waits for supabase-js in a callback never ends. The short timeout makes the test fail quickly.
const configure = () => wdb.configure({ supabase, timeoutMs: 3000, retry: { maxAttempts: 1 } });

/** @param {Promise<any>} promise @returns {Promise<any>} its value, or the code of its error */
const result = (promise) =>
  promise.catch((error) => error.code ?? String(error)).then((value) => value ?? 'done');

async function subscribe() {
  const handle = wdb.getRealtimeManager().open('workflows', { scope: userId }, () => {});
  await handle.ready;
  handle.unsubscribe();
}

const acts = {
  read: async () => (await db.getWorkflows(userId)).length > 0,
  write: async () => (await db.updateUserProfile(userId, { full_name: 'Ada' })).id === userId,
  subscribe,
};
const wanted = /** @type {(keyof typeof acts)[]} */ (query.get('acts')?.split(',') ?? Object.keys(acts));

/** @param {string} event @param {any} session */
async function onAuth(event, session) {
  if (query.get('configure') === 'inside') configure();
  if (query.has('announce')) wdb.authChanged();
  const names = session ? wanted : ['read'];
  const results = await Promise.all(names.map((name) => result(/** @type {any} */ (acts)[name]())));
  told.push([event, ...results].join(' '));
}

if (query.get('configure') === 'after') {
  supabase.auth.onAuthStateChange(onAuth);
  configure();
} else {
  if (query.get('configure') !== 'inside') configure();
  supabase.auth.onAuthStateChange(onAuth);
}
// A component of the page that reads before the user is known.
if (query.has('early')) void result(db.getWorkflows(userId));
