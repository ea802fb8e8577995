// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REFUSED, VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, newUser, insert, row } = await useHooks();

const QUIET = { loading: false, error: null, isFetching: false, isSaving: false };

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('useApiKeys returns every field; a deactivated key disappears at once', async () => {
    const user = await newUser('ada');
    const [openai, master] = await insert('api_keys', [
      {
        user_id: user.id,
        service_name: 'openai',
        encrypted_key: 'x',
        is_master_key: false,
        created_at: '2024-01-01',
        is_active: true,
      },
      {
        user_id: user.id,
        service_name: 'all',
        encrypted_key: 'y',
        is_master_key: true,
        created_at: '2024-01-02',
        is_active: true,
      },
    ]);
    const tab = await openHooks(version, user);
    stack.faults.add({ match: { method: 'PATCH' }, action: 'latency', ms: 200 });
    const facts = await tab.run(async ([userId, openai, master]) => {
      show('keys', 'useApiKeys', [userId]);
      const loaded = await settledView('keys');
      const before = latest('keys');
      const found = [before.getKeyByService('openai'), before.getKeyByService('none'), before.getMasterKey()];
      const made = await before.createApiKey({ service_name: 'new', encrypted_key: 'z' });
      const foreign = await failure(
        before.createApiKey({ service_name: 'n', encrypted_key: 'z', user_id: openai }),
      );
      const refused = await settledView('keys');
      const written = before.updateApiKey(openai, { is_active: false });
      await until(() => latest('keys').isSaving);
      const early = view('keys');
      await written;
      await latest('keys').deleteApiKey(master);
      const late = await settledView('keys');
      await before.refreshApiKeys();
      const names = ['createApiKey', 'updateApiKey', 'deleteApiKey', 'refreshApiKeys'];
      return {
        loaded,
        found,
        made,
        foreign,
        refused,
        early,
        late,
        isStable: names.every((n) => before[n] === latest('keys')[n]),
      };
    }, /** @type {const} */ ([user.id, openai.id, master.id]));
    assert.deepEqual(facts.loaded, { keys: [openai, master], ...QUIET });
    assert.deepEqual(facts.found, [openai, undefined, master]);
    assert.deepEqual(facts.made, await row('api_keys', facts.made.id));
    assert.deepEqual(
      [facts.foreign.code, facts.refused.error],
      ['INVALID_INPUT', { code: 'INVALID_INPUT', isOurs: true }],
    );
    assert.deepEqual([facts.early.keys, facts.early.isSaving], [[master, facts.made], true]);
    assert.deepEqual(facts.late, { keys: [facts.made], ...QUIET });
    assert.equal(facts.isStable, true);
  });

  it('useApiKey returns every field, notices a new key, and can change and delete it', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      show('key', 'useApiKey', [userId, 'openai']);
      show('none', 'useApiKey', [userId, '']);
      const none = await settledView('key');
      const missing = await failure(latest('key').updateApiKey({ is_active: false }));
      const error = (await settledView('key')).error;
      await db.createApiKey({ user_id: userId, service_name: 'openai', encrypted_key: 'x' });
      await until(() => latest('key').key !== null);
      const made = await settledView('key');
      const before = latest('key');
      const updated = await before.updateApiKey({ gateway_endpoint: 'https://x.example' });
      const changed = await settledView('key');
      const from = given('key').length;
      await before.deleteApiKey();
      const gone = await settledView('key');
      const shown = given('key')
        .slice(from)
        .map(({ key }) => key !== null);
      return { none, missing, error, made, updated, changed, gone, shown, empty: view('none') };
    }, user.id);
    const nothing = { key: null, ...QUIET };
    assert.deepEqual([facts.none, facts.gone, facts.empty], [nothing, nothing, nothing]);
    assert.deepEqual([facts.missing.code, facts.error.code], ['NOT_FOUND', 'NOT_FOUND']);
    assert.deepEqual(
      [facts.made.key.service_name, facts.made.error],
      ['openai', { code: 'NOT_FOUND', isOurs: true }],
    );
    assert.deepEqual(facts.changed, { key: facts.updated, ...QUIET });
    assert.deepEqual(facts.shown.includes(true), false, 'a deleted key does not reappear briefly');
  });

  it('brand settings: defaults without a row, a first save with them, concurrent saves, rollback and reset', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      show('brand', 'useBrandSettings', [userId]);
      show('none', 'useBrandSettings', ['']);
      await until(() => latest('brand'));
      const first = view('brand');
      const loaded = await settledView('brand');
      const { updateBrandSettings, resetBrandSettings } = latest('brand');
      const from = given('brand').length;
      const saves = [
        updateBrandSettings({ brand_name: 'A', border_radius: 3 }),
        updateBrandSettings({ tagline: 'B' }),
      ];
      await until(() => latest('brand').settings.tagline === 'B');
      const early = view('brand');
      const answers = await Promise.all(saves);
      await until(() => latest('brand').settings.id !== '');
      const saved = await settledView('brand');
      const names = given('brand')
        .slice(from)
        .map(({ settings }) => settings.brand_name);
      const isStable = latest('brand').updateBrandSettings === updateBrandSettings;
      return {
        first,
        loaded,
        early,
        answers,
        saved,
        names,
        isStable,
        resetBrandSettings,
        none: view('none'),
      };
    }, user.id);
    const columns = {
      brand_name: null,
      primary_color: null,
      secondary_color: null,
      accent_color: null,
      logo_url: null,
    };
    const defaults = {
      ...columns,
      font_family: 'Inter',
      font_size_base: 16,
      border_radius: 8,
      brand_voice: null,
      tagline: null,
    };
    const unsaved = { id: '', user_id: user.id, created_at: '', updated_at: '' };
    assert.deepEqual(facts.first, {
      settings: null,
      isSaving: false,
      loading: true,
      error: null,
      isFetching: true,
    });
    assert.deepEqual(facts.none, { settings: null, ...QUIET });
    assert.deepEqual(facts.loaded, { settings: { ...unsaved, ...defaults }, ...QUIET });
    const written = { brand_name: 'A', border_radius: 3, tagline: 'B' };
    assert.deepEqual(facts.early.settings, { ...unsaved, ...defaults, ...written });
    const [{ row: stored }] = await stack.sql(
      'select to_jsonb(t) as row from brand_settings t where user_id = $1',
      [user.id],
    );
    assert.deepEqual(facts.saved, { settings: stored, ...QUIET });
    const { id, user_id, created_at, updated_at: _saved, ...values } = stored;
    assert.deepEqual(values, { ...defaults, ...written });
    assert.deepEqual(facts.answers[1], stored);
    assert.deepEqual([facts.isStable, new Set(facts.names)], [true, new Set(['A'])]);

    stack.faults.add({ match: { method: 'POST' }, ...REFUSED });
    const failed = await tab.run(async () => {
      const error = await failure(latest('brand').updateBrandSettings({ brand_name: 'refused' }));
      return [error.code, await settledView('brand')];
    });
    assert.deepEqual(failed, [
      '23514',
      { settings: stored, ...QUIET, error: { code: '23514', isOurs: true } },
    ]);
    const reset = await tab.run(async () => {
      await latest('brand').resetBrandSettings();
      return settledView('brand');
    });
    const colors = { primary_color: '#000000', secondary_color: '#ffffff', accent_color: '#0066cc' };
    assert.deepEqual(reset.settings, {
      ...{ id, user_id, created_at, updated_at: reset.settings.updated_at },
      ...{ ...defaults, ...colors, brand_voice: 'professional' },
    });
    assert.equal(reset.error, null);
  });

  it('account settings: the browser’s timezone and language, and a reset before there is a row', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      show('account', 'useAccountSettings', [userId]);
      const loaded = await settledView('account');
      const answer = await latest('account').resetAccountSettings();
      await until(() => latest('account').settings.id !== '');
      const reset = await settledView('account');
      await latest('account').updateAccountSettings({ theme: 'dark', email_on_error: false });
      const updated = await settledView('account');
      const here = {
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        language: navigator.language,
      };
      return { loaded, answer, reset, updated, here };
    }, user.id);
    const values = {
      theme: 'auto',
      notifications_enabled: true,
      email_on_completion: true,
      email_on_error: true,
      ...facts.here,
    };
    assert.deepEqual(facts.loaded.settings, {
      id: '',
      user_id: user.id,
      ...values,
      created_at: '',
      updated_at: '',
    });
    const { id, created_at, updated_at } = facts.answer;
    assert.deepEqual(facts.reset, {
      settings: { id, user_id: user.id, ...values, created_at, updated_at },
      ...QUIET,
    });
    const [{ row: stored }] = await stack.sql(
      'select to_jsonb(t) as row from account_settings t where user_id = $1',
      [user.id],
    );
    assert.deepEqual(facts.updated, { settings: stored, ...QUIET });
    assert.deepEqual(
      [stored.theme, stored.email_on_error, stored.timezone],
      ['dark', false, values.timezone],
    );
  });
}
