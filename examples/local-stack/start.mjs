#!/usr/bin/env node
// @ts-check
import { parseArgs } from 'node:util';
import { StackError } from './lib/stack-error.mjs';

const HELP = `Usage: npm start -- [options]

  --port <n>       the one origin (54321)
  --db-port <n>    Postgres itself (54322; 0: only a socket)
  --data-dir <dir> keep the database here (by default it is temporary)
  --max-rows <n>   the most rows a request gives (1000)
  --no-seed        start with empty tables
  --encrypted-keys encrypt API keys at rest
  --relay          what the API relay needs, with a service to call
  --members        let workflows be shared
  --production     the schema as production has it, without the later migrations
  --help           this text`;

try {
  const options = readOptions();
  if (options === null) console.log(HELP);
  else await serve(options);
} catch (error) {
  const isOurs = error instanceof StackError;
  console.error(isOurs ? error.message : error);
  process.exitCode = 1;
}

/** @returns {import('./stack.mjs').StackOptions | null} null if only the help was requested */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '54321' },
        'db-port': { type: 'string', default: '54322' },
        'data-dir': { type: 'string' },
        'max-rows': { type: 'string', default: '1000' },
        'no-seed': { type: 'boolean', default: false },
        'encrypted-keys': { type: 'boolean', default: false },
        relay: { type: 'boolean', default: false },
        members: { type: 'boolean', default: false },
        production: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return null;
    return {
      port: wholeNumber('--port', values.port),
      dbPort: wholeNumber('--db-port', values['db-port']),
      dataDir: values['data-dir'],
      maxRows: wholeNumber('--max-rows', values['max-rows']),
      seed: !values['no-seed'],
      encryptedKeys: values['encrypted-keys'] || values.relay,
      relay: values.relay,
      members: values.members,
      migrations: values.production ? ['initial_schema'] : true,
      quiet: false,
    };
  } catch (error) {
    if (error instanceof StackError) throw error;
    throw new StackError(`${/** @type {Error} */ (error).message}\n\n${HELP}`);
  }
}

/** @param {string} name @param {string} text */
function wholeNumber(name, text) {
  if (!/^\d+$/.test(text)) throw new StackError(`${name} takes a whole number, not "${text}".`);
  return Number(text);
}

/** @param {import('./stack.mjs').StackOptions} options */
async function serve(options) {
  const { startStack } = await import('./stack.mjs').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new StackError('The packages of the local stack are not installed: run "npm ci" in its folder.');
  });
  const begin = Date.now();
  const stack = await startStack(options);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, async () => {
      console.log('\nStopping …');
      await stack.stop();
    });
  }
  console.log(`
Ready after ${((Date.now() - begin) / 1000).toFixed(1)} s.

URL              ${stack.url}
publishable key  ${stack.publishableKey}
anon key         ${stack.anonKey}
service key      ${stack.serviceKey}
database         ${stack.dbUrl}
${stack.users.map(({ email, password }) => `user             ${email}, password ${password}\n`).join('')}
Ctrl-C stops it.`);
}
