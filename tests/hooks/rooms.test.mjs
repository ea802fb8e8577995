// @ts-check
// `useRoom`: its result, its renders, and when it joins no room.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { until } from '../e2e/support/until.mjs';
import { VERSIONS, useHooks } from './support/world.mjs';

/** @typedef {import('../e2e/support/world.mjs').Tab} Tab */

const world = await useHooks({ seed: true, members: true });
const { stack, openHooks, newMember } = world;
const [ada, grace] = /** @type {any[]} */ (
  stack.users.map((user) => ({ ...user, token: stack.signToken({ sub: user.id, email: user.email }) }))
);
/** A workflow that Ada owns and Grace and Mary view, and another of Ada's. Created for each test. */
let shared = '';
let alone = '';

beforeEach(async () => {
  const rows = await stack.sql(
    'insert into workflows (user_id, name) select $1, gen_random_uuid() from generate_series(1, 2) returning id',
    [ada.id],
  );
  [shared, alone] = rows.map(({ id }) => id);
  for (const user of stack.users.slice(1)) await newMember(shared, user, 'viewer');
});

/** Renders the hook, and waits until it is live. @param {Tab} tab @param {unknown[]} args @param {string} [status] */
const enter = (tab, args, status = 'live') =>
  tab.run(async ([args, status]) => {
    show('room', 'useRoom', /** @type {any} */ (args));
    await until(() => latest('room')?.status === status);
  }, /** @type {const} */ ([args, status]));

/** Waits until the other people have these states. @param {Tab} tab @param {object[]} states */
const sees = (tab, states) =>
  tab.run(
    (wanted) =>
      until(
        () => JSON.stringify(latest('room').others.map((/** @type {any} */ { state }) => state)) === wanted,
      ),
    JSON.stringify(states),
  );

const renders = (/** @type {Tab} */ tab) => tab.run(() => given('room').length);

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('useRoom returns the other people, and shows this tab to them', async () => {
    const [his, hers] = [await openHooks(version, ada), await openHooks(version, grace)];
    await enter(his, [shared, { x: 1 }]);
    await enter(hers, [shared, { y: 1 }, { name: 'Grace Hopper' }]);
    await sees(his, [{ y: 1 }]);
    await sees(hers, [{ x: 1 }]);
    const view = await his.run(() => ({
      ...latest('room').others[0],
      status: latest('room').status,
      error: latest('room').error,
    }));
    assert.deepEqual(
      [view.name, view.userId, view.status, view.error],
      ['Grace Hopper', grace.id, 'live', null],
    );
    await his.run(() => latest('room').setState({ x: 2 }));
    await sees(hers, [{ x: 2 }]);
    await his.run(() => hide('room'));
    await sees(hers, []);
  });

  it('useRoom renders only when its result changes', async () => {
    const [his, hers] = [await openHooks(version, ada), await openHooks(version, grace)];
    await enter(his, [shared, { x: 0 }]);
    await enter(hers, [shared, { y: 0 }]);
    await sees(his, [{ y: 0 }]);
    await his.run(() => {
      /** @type {unknown[]} */
      const heard = [];
      Object.assign(globalThis, { heard });
      latest('room').on('wave', (/** @type {unknown} */ payload) => heard.push(payload));
    });
    const before = await renders(his);
    const stable = await his.run(() => {
      const { setState, send, on } = latest('room');
      Object.assign(globalThis, { functions: [setState, send, on] });
      for (let x = 1; x < 20; x += 1) setState({ x });
    });
    await sees(hers, [{ x: 19 }]);
    // The same state again, and messages.
    await hers.run(() => {
      latest('room').setState({ y: 0 });
      latest('room').send('wave', 1);
    });
    await his.run(() => until(() => /** @type {any} */ (globalThis).heard.length === 1));
    assert.equal(await renders(his), before);
    await hers.run(() => latest('room').setState({ y: 1 }));
    await sees(his, [{ y: 1 }]);
    assert.equal(await renders(his), before + 1);
    const areSame = await his.run(() => {
      const { setState, send, on } = latest('room');
      return [setState, send, on].every(
        (one, index) => one === /** @type {any} */ (globalThis).functions[index],
      );
    });
    assert.deepEqual([areSame, stable], [true, undefined]);
  });

  it('useRoom joins once under StrictMode, and joins no room without a workflow', async () => {
    const tab = await openHooks(version, ada);
    /** @type {string[]} */
    const joins = [];
    tab.page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        const [, , topic, event] = JSON.parse(String(payload));
        if (event === 'phx_join' || event === 'phx_leave') joins.push(`${event} ${topic}`);
      }),
    );
    await tab.run(async () => {
      for (const none of [null, undefined, '']) {
        show('room', 'useRoom', [none, { x: 1 }]);
        await until(() => latest('room'));
      }
    });
    const none = await tab.run(() => view('room'));
    assert.deepEqual(none, { others: [], status: 'connecting', error: null });
    assert.equal(await renders(tab), 3);
    await enter(tab, [shared, { x: 1 }]);
    assert.deepEqual(joins, [`phx_join realtime:workflow:${shared}`]);
    await enter(tab, [alone, { x: 1 }]);
    // Until the component renders again, it shows the previous room.
    await until(() => joins.length >= 3);
    assert.deepEqual(
      [...joins].sort(),
      [
        `phx_join realtime:workflow:${alone}`,
        `phx_join realtime:workflow:${shared}`,
        `phx_leave realtime:workflow:${shared}`,
      ].sort(),
    );
  });

  it('useRoom reports missing access and an invalid workflow id', async () => {
    const tab = await openHooks(version, grace);
    await enter(tab, [alone, {}], 'error');
    assert.deepEqual(await tab.run(() => view('room')), {
      others: [],
      status: 'error',
      error: { code: '42501', isOurs: true },
    });
    await enter(tab, [shared, {}]);
    await enter(tab, ['no uuid', {}], 'error');
    assert.equal((await tab.run(() => view('room'))).error.code, 'INVALID_INPUT');
    const code = await tab.run(async (id) => {
      show('room', 'useRoom', [id, {}]);
      await until(() => latest('room').status === 'live');
      try {
        latest('room').setState({ text: 'x'.repeat(2_000) });
        return 'none';
      } catch (error) {
        return /** @type {any} */ (error).code;
      }
    }, shared);
    assert.equal(code, 'INVALID_INPUT');
  });

  it('useRoom joins again when another user signs in', async () => {
    const [tab, hers] = [await openHooks(version, ada), await openHooks(version, grace)];
    await enter(tab, [shared, { x: 1 }]);
    const [, , mary] = stack.users;
    await enter(hers, [shared, {}]);
    await sees(hers, [{ x: 1 }]);
    await tab.run(
      (token) => {
        env.token = token;
        wdb.authChanged();
      },
      stack.signToken({ sub: mary.id, email: mary.email }),
    );
    await hers.run((id) => until(() => latest('room').others[0]?.userId === id), mary.id);
    await sees(hers, [{ x: 1 }]);
    await tab.run(() => until(() => latest('room').status === 'live'));
  });

  it('useRoom stays in the room while the connection is down', async () => {
    const [his, hers] = [await openHooks(version, ada), await openHooks(version, grace)];
    await enter(his, [shared, { x: 1 }]);
    await enter(hers, [shared, { y: 1 }]);
    await sees(his, [{ y: 1 }]);
    stack.realtime.drop();
    await his.run(() => until(() => latest('room').status === 'reconnecting'));
    assert.equal(await his.run(() => latest('room').others.length), 1);
    await his.run(() => until(() => latest('room').status === 'live'));
    await sees(hers, [{ x: 1 }]);
    assert.ok(
      !(await his.run(() => given('room').some((/** @type {any} */ { others }) => others.length > 1))),
    );
  });
}
