// @ts-check
// Errors thrown by handlers, in Node, where an uncaught error would end the process.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { unpackedPackage } from './support/package.mjs';

/** @type {Awaited<ReturnType<typeof unpackedPackage>>} */
let unpacked;
/** @type {import('../../pkg/index.js').DatabaseClient} */
let client;

before(async () => {
  unpacked = await unpackedPackage();
  const library = await import(pathToFileURL(join(unpacked.root, 'index.js')).href);
  client = library.createClient({ url: 'http://127.0.0.1:9', key: 'anon' });
});
after(() => {
  client?.close();
  return unpacked?.remove();
});

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const unprintable = {
  toString: () => assert.fail('no text'),
  [inspect.custom]: () => assert.fail('no picture'),
};

test('a thrown value that cannot be printed does not affect other listeners', (context) => {
  const printed = mock.method(console, 'error');
  context.after(() => printed.mock.restore());
  /** @type {unknown[]} */
  const thrown = [revoked(), unprintable, null, undefined, Symbol('s'), () => {}];
  for (const value of thrown) {
    let calls = 0;
    const ends = [
      client.cache.observe('draft', () => {
        throw value;
      }),
      client.cache.observe('draft', () => (calls += 1)),
    ];
    client.cache.set('draft', {});
    ends.forEach((end) => end());
    assert.equal(calls, 1);
  }
  assert.ok(printed.mock.callCount() >= thrown.length, 'each error is reported');
});
