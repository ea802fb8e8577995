// @ts-check
import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createAuth } from './lib/auth/auth.mjs';
import { findBinaries } from './lib/binaries.mjs';
import { createControl } from './lib/control.mjs';
import { denoProblem } from './lib/deno.mjs';
import { Faults } from './lib/faults.mjs';
import { createFunctions } from './lib/functions.mjs';
import { createGateway } from './lib/gateway.mjs';
import { signJwt } from './lib/jwt.mjs';
import { ANON_KEY, JWT_SECRET, PUBLISHABLE_KEY, SERVICE_KEY } from './lib/keys.mjs';
import { applyMigrations, notYetApplied, readMigrations } from './lib/migrations.mjs';
import { SUPERUSER, crashPostgres, startPostgres } from './lib/postgres.mjs';
import { startPostgrest } from './lib/postgrest.mjs';
import { Server as RealtimeServer } from './lib/realtime/realtime.mjs';
import { RequestLog } from './lib/request-log.mjs';
import { createRunDir, giveToServers, removeStaleRunDirs } from './lib/run-dir.mjs';
import { Settings } from './lib/settings.mjs';
import { openDatabase } from './lib/sql.mjs';
import { StackError } from './lib/stack-error.mjs';
import { startStubService } from './lib/stub-service.mjs';
import { createCluster } from './lib/template.mjs';
import { createUpstream } from './lib/upstream.mjs';
import { USERS, seedDatabase, seedStubKeys } from './seed.mjs';

export { StackError };

/**
 * @typedef {object} StackOptions
 * @property {number} [port] the port of the stack; 54321 by default, 0 for any free one
 * @property {number} [dbPort] a TCP port for Postgres; by default it has only a socket
 * @property {string} [dataDir] the folder for the database; temporary by default
 * @property {number} [maxRows] the maximum number of rows per response; 1000 by default, as on hosted projects
 * @property {boolean} [seed] fill a new database with three users and their data; true by default
 * @property {true | string[]} [migrations] all by default, or some by name (`initial_schema`: the production schema)
 * @property {boolean} [encryptedKeys] whether to encrypt API keys at rest, with an optional migration; false by default
 * @property {boolean} [members] whether workflows can be shared, with an optional migration; false by default
 * @property {boolean} [relay] whether to set up the API relay: its optional migration, encrypted keys, and a service
 * `stub` on this machine, for which each seeded user has a key; false by default
 * @property {Record<string, string>} [services] additional services for the API relay: addresses on this machine, by name
 * @property {Record<string, string>} [functionEnv] additional environment variables for edge functions
 * @property {boolean} [closeConnections] whether to close every connection after its response
 * @property {number} [tokenSeconds] the lifetime of a token; 3600 by default
 * @property {number} [refreshReuseSeconds] how long a used refresh token still works; 10 by default
 * @property {boolean} [quiet] whether to suppress progress output; true by default
 */

/** @typedef {Awaited<ReturnType<typeof startStack>>} Stack */

/**
 * Starts a local stack like Supabase's: Postgres, PostgREST, and replacements for auth and realtime behind one origin.
 * Ends with `stop()`, or when this process ends for any reason.
 *
 * @param {StackOptions} [options]
 * @throws {StackError} with one sentence that says what to do
 */
export async function startStack(options = {}) {
  const {
    port = 54321,
    dbPort,
    maxRows = 1000,
    seed = true,
    migrations: wanted = true,
    members = false,
    relay = false,
    encryptedKeys = relay,
    services = {},
    functionEnv = {},
    quiet = true,
  } = options;
  const { closeConnections, tokenSeconds, refreshReuseSeconds } = options;
  const optional = [
    ...(encryptedKeys ? ['encrypted_api_keys'] : []),
    ...(members ? ['workflow_members'] : []),
    ...(relay ? ['api_relay'] : []),
  ];
  checkNode();
  const tell = quiet ? () => {} : (/** @type {string} */ line) => console.log(line);

  const faults = new Faults();
  const requests = new RequestLog();
  const settings = new Settings();
  settings.change({ closeConnections, tokenSeconds, refreshReuseSeconds });

  /** Cleanup functions, in the order of setup. @type {(() => Promise<unknown>)[]} */
  const started = [];
  /** @type {Promise<void> | undefined} */
  let stopping;
  const stop = () => (stopping ??= stopAll(started));

  try {
    const problem = relay ? denoProblem() : undefined;
    if (problem !== undefined) console.warn(`${problem} All else runs; the API relay answers 503.`);
    const [binaries, migrations] = await Promise.all([
      findBinaries(),
      readMigrations(wanted, optional),
      removeStaleRunDirs(),
    ]);
    const runDir = await createRunDir();
    started.push(() => rm(runDir, { recursive: true, force: true }));

    tell('Preparing the database …');
    const dataDir = options.dataDir === undefined ? join(runDir, 'data') : resolve(options.dataDir);
    const isNew = await prepareData(dataDir, () => createCluster(binaries, migrations, dataDir));

    tell('Starting Postgres …');
    const disposable = options.dataDir === undefined;
    const database = await startPostgres({ binaries, dataDir, runDir, port: dbPort, disposable });
    started.push(database.stop);
    const { stop: _, ...address } = database;
    const { sql, discarded, close } = openDatabase({ ...address, user: SUPERUSER });
    started.push(close);

    // The gateway reads these with the first request, after they are set.
    let url = '';
    let socketPath = '';
    const upstream = createUpstream(() => socketPath);
    const auth = createAuth({ sql, settings, jwtSecret: JWT_SECRET, issuer: () => `${url}/auth/v1` });
    const realtime = new RealtimeServer({
      sql,
      discarded,
      address: { ...address, user: SUPERUSER },
      settings,
    });
    started.push(() => realtime.close());
    const stub = relay ? await startStubService() : undefined;
    if (stub) started.push(() => stub.close());
    const functions = createFunctions({
      runDir,
      env: () => ({
        SUPABASE_URL: url,
        SUPABASE_ANON_KEY: ANON_KEY,
        SUPABASE_SERVICE_ROLE_KEY: SERVICE_KEY,
        RELAY_LOCAL_SERVICES: JSON.stringify({ ...(stub && { stub: stub.url }), ...services }),
        ...functionEnv,
      }),
    });
    started.push(functions.stop);
    const gateway = createGateway({
      services: { '/rest/v1': upstream, '/auth/v1': auth, '/functions/v1': functions },
      realtime,
      control: createControl({ faults, requests, settings, realtime }),
      faults,
      requests,
      settings,
    });
    if (!isNew) await applyMigrations(address, await notYetApplied(sql, migrations));

    tell('Starting PostgREST …');
    const seeding = isNew && seed && migrations.length > 0;
    const launch = () =>
      startPostgrest({ binaries, runDir, database: address, jwtSecret: JWT_SECRET, maxRows });
    let starting = launch();
    // A failure is reported later, where the promise is awaited.
    starting.catch(() => {});
    // Registered before anything else can fail, so that it is always stopped.
    const stopPostgrest = () =>
      starting.then(
        ({ stop }) => stop(),
        () => {},
      );
    started.push(stopPostgrest);
    if (seeding) await seedDatabase(sql);
    if (seeding && relay) await seedStubKeys(sql);
    socketPath = (await starting).socketPath;

    url = `http://127.0.0.1:${await gateway.listen(port)}`;
    started.push(gateway.close);

    return {
      url,
      anonKey: ANON_KEY,
      serviceKey: SERVICE_KEY,
      publishableKey: PUBLISHABLE_KEY,
      jwtSecret: JWT_SECRET,
      dbUrl: `postgresql://${SUPERUSER}@localhost:${address.port}/postgres${dbPort ? '' : `?host=${runDir}`}`,
      /** The seeded users; none without a seed. */
      users: seed && migrations.length > 0 ? USERS : [],
      /** Runs SQL as superuser. */
      sql,
      faults,
      requests,
      settings,
      realtime,
      /** The path of an edge function's log. */
      functionLog: functions.logOf,

      /**
       * Signs a token with the stack's secret: by default, for a signed-in user and valid for an hour.
       *
       * @param {import('./lib/jwt.mjs').Claims} claims
       */
      signToken(claims) {
        const now = Math.floor(Date.now() / 1000);
        return signJwt(
          { role: 'authenticated', aud: 'authenticated', iat: now, exp: now + 3600, ...claims },
          JWT_SECRET,
        );
      },

      /**
       * Applies migrations, even if they were applied before.
       *
       * @param {true | string[]} [names] all but the optional ones by default
       */
      async migrate(names = true) {
        await applyMigrations(address, await readMigrations(names));
      },

      /** Stops the PostgREST process. The gateway returns 502 until it is started again. */
      stopPostgrest,

      /** Starts PostgREST again after `stopPostgrest`. */
      async startPostgrest() {
        starting = launch();
        await starting;
      },

      /**
       * Makes Postgres drop every connection and recover, as after a crash. Resolves once it accepts connections again.
       */
      crashDatabase: () => crashPostgres(address, sql),

      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function checkNode() {
  const version = process.versions.node;
  if (Number.parseInt(version, 10) < 20) {
    throw new StackError(`The local stack needs Node 20 or newer; this is ${version}.`);
  }
}

/**
 * @param {string} dataDir
 * @param {() => Promise<void>} create
 * @returns {Promise<boolean>} whether the data had to be created
 */
async function prepareData(dataDir, create) {
  const kept = await access(join(dataDir, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (kept) return false;
  const found = await readdir(dataDir).catch(() => []);
  if (found.length > 0)
    throw new StackError(`${dataDir} holds something else than a database of the local stack.`);
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(join(dataDir, '..'), { recursive: true });
  await create();
  await giveToServers(dataDir);
  return true;
}

/** @param {(() => Promise<unknown>)[]} started */
async function stopAll(started) {
  for (const undo of started.toReversed()) await undo();
}
