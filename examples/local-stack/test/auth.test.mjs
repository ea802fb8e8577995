// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readClaims } from '../lib/jwt.mjs';
import { newClient, signIn, useStack, userNamed } from './helpers.mjs';

const stack = await useStack({ refreshReuseSeconds: 0 });

test('signing up signs in, and the new user can write and read rows at once', async () => {
  const client = newClient(stack);
  const { data, error } = await client.auth.signUp({ email: 'new@example.com', password: 'secret1' });
  assert.equal(error, null);
  const made = await client
    .from('workflows')
    .insert({ user_id: data.user?.id, name: 'First' })
    .select()
    .single();
  assert.equal(made.data.name, 'First');
});

test('signing up refuses a taken address, a short password and no address', async () => {
  const { auth } = newClient(stack);
  const taken = await auth.signUp({ email: 'ADA@example.com', password: 'secret1' });
  assert.deepEqual([taken.error?.status, taken.error?.code], [422, 'user_already_exists']);
  const short = await auth.signUp({ email: 'short@example.com', password: 'abc' });
  assert.deepEqual([short.error?.status, short.error?.code], [422, 'weak_password']);
  const nobody = await auth.signUp({ email: 'no address', password: 'secret1' });
  assert.deepEqual([nobody.error?.status, nobody.error?.code], [400, 'validation_failed']);
});

test('a wrong password and an unknown address cause the same error', async () => {
  const { auth } = newClient(stack);
  for (const email of ['ada@example.com', 'unknown@example.com']) {
    const { error } = await auth.signInWithPassword({ email, password: 'wrong-password' });
    assert.deepEqual([error?.status, error?.code], [400, 'invalid_credentials']);
    assert.equal(error?.message, 'Invalid login credentials');
  }
});

test('the token contains the user, the session and its expiry', async () => {
  const { client, id } = await signIn(stack, 'ada');
  const { data } = await client.auth.getSession();
  const claims = readClaims(data.session?.access_token ?? '');
  assert.equal(claims?.sub, id);
  assert.equal(claims?.role, 'authenticated');
  assert.equal(claims?.aud, 'authenticated');
  assert.equal(claims?.email, 'ada@example.com');
  assert.equal(Number(claims?.exp) - Number(claims?.iat), 3600);
  assert.match(String(claims?.session_id), /^[0-9a-f-]{36}$/);
});

test('getUser returns the signed-in user', async () => {
  const { client, id } = await signIn(stack, 'grace');
  const { data } = await client.auth.getUser();
  assert.equal(data.user?.id, id);
  assert.deepEqual(data.user?.user_metadata, { full_name: 'Grace Lindqvist' });
});

test('refreshing rotates the token; using an old one again ends the session', async () => {
  const { client } = await signIn(stack, 'ada');
  const first = (await client.auth.getSession()).data.session;
  const { data, error } = await client.auth.refreshSession();
  assert.equal(error, null);
  assert.notEqual(data.session?.refresh_token, first?.refresh_token);

  const again = await newClient(stack).auth.refreshSession({ refresh_token: first?.refresh_token ?? '' });
  assert.deepEqual([again.error?.status, again.error?.code], [400, 'refresh_token_already_used']);
  const after = await client.auth.refreshSession();
  assert.equal(after.error?.code, 'refresh_token_not_found');
});

test('within the grace period an old refresh token returns the current one, for two tabs', async () => {
  stack.settings.change({ refreshReuseSeconds: 10 });
  try {
    const { client } = await signIn(stack, 'ada');
    const first = (await client.auth.getSession()).data.session;
    const { data } = await client.auth.refreshSession();
    const other = await newClient(stack).auth.refreshSession({ refresh_token: first?.refresh_token ?? '' });
    assert.equal(other.data.session?.refresh_token, data.session?.refresh_token);
  } finally {
    stack.settings.change({ refreshReuseSeconds: 0 });
  }
});

test('of two concurrent refreshes only one rotates the token', async () => {
  const { client } = await signIn(stack, 'ada');
  const token = (await client.auth.getSession()).data.session?.refresh_token ?? '';
  const results = await Promise.all(
    [1, 2].map(() => newClient(stack).auth.refreshSession({ refresh_token: token })),
  );
  assert.equal(results.filter(({ error }) => error === null).length, 1);
});

test('signing out ends the session on the server', async () => {
  const { client } = await signIn(stack, 'ada');
  const { data } = await client.auth.getSession();
  assert.equal((await client.auth.signOut()).error, null);
  const user = await newClient(stack).auth.getUser(data.session?.access_token);
  assert.equal(user.error?.name, 'AuthSessionMissingError');
  const refresh = await newClient(stack).auth.refreshSession({
    refresh_token: data.session?.refresh_token ?? '',
  });
  assert.equal(refresh.error?.code, 'refresh_token_not_found');
});

test('signing out elsewhere does not affect this session', async () => {
  const here = await signIn(stack, 'grace');
  const there = await signIn(stack, 'grace');
  await here.client.auth.signOut({ scope: 'others' });
  assert.equal((await here.client.auth.getUser()).error, null);
  assert.equal((await there.client.auth.getUser()).error?.name, 'AuthSessionMissingError');
});

test('a malformed, forged or expired token identifies no user', async () => {
  const { auth } = newClient(stack);
  const good = stack.signToken({ sub: userNamed(stack, 'ada').id });
  const expired = stack.signToken({ sub: userNamed(stack, 'ada').id, exp: 1 });
  for (const token of ['nonsense', `${good.slice(0, -4)}AAAA`, expired]) {
    const { error } = await auth.getUser(token);
    assert.deepEqual([error?.status, error?.code], [403, 'bad_jwt']);
  }
  assert.equal((await auth.getUser(good)).error, null);
});

test('PostgREST refuses expired and forged tokens with PGRST301', async () => {
  const client = (/** @type {string} */ token) =>
    fetch(`${stack.url}/rest/v1/workflows`, {
      headers: { apikey: stack.publishableKey, Authorization: `Bearer ${token}` },
    });
  const sub = userNamed(stack, 'ada').id;
  const expired = await client(stack.signToken({ sub, exp: Math.floor(Date.now() / 1000) - 60 }));
  assert.equal(expired.status, 401);
  const body = /** @type {any} */ (await expired.json());
  assert.deepEqual([body.code, body.message], ['PGRST301', 'JWT expired']);
  assert.equal((await client(`${stack.signToken({ sub }).slice(0, -4)}AAAA`)).status, 401);
});

test('the lifetime of tokens can be changed at run time', async () => {
  stack.settings.change({ tokenSeconds: 5 });
  try {
    const { client } = await signIn(stack, 'ada');
    assert.equal((await client.auth.getSession()).data.session?.expires_in, 5);
  } finally {
    stack.settings.change({ tokenSeconds: 3600 });
  }
});

test('errors have the format of the auth service for any input', async () => {
  const headers = { apikey: stack.anonKey };
  const broken = await fetch(`${stack.url}/auth/v1/signup`, { method: 'POST', headers, body: '{' });
  assert.equal(broken.status, 400);
  assert.deepEqual(await broken.json(), {
    code: 400,
    error_code: 'bad_json',
    msg: 'Could not parse request body as JSON',
  });
  const nobody = await fetch(`${stack.url}/auth/v1/user`, { headers: { apikey: stack.publishableKey } });
  assert.equal(nobody.status, 401);
  assert.equal((await fetch(`${stack.url}/auth/v1/health`, { headers })).status, 200);
  const settings = /** @type {any} */ (
    await (await fetch(`${stack.url}/auth/v1/settings`, { headers })).json()
  );
  assert.equal(settings.mailer_autoconfirm, true);
});
