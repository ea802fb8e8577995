// @ts-check
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { applyMigrations } from './migrations.mjs';
import { SUPERUSER, initCluster, startPostgres } from './postgres.mjs';
import { createRunDir } from './run-dir.mjs';
import { run } from './run.mjs';

const CACHE = fileURLToPath(new URL('../.cache/', import.meta.url));
const BOOTSTRAP = new URL('../sql/bootstrap.sql', import.meta.url);
const KEEP_UNUSED_MS = 7 * 24 * 3600 * 1000;

/**
 * Fills `dataDir` with a migrated cluster: a copy of an earlier one if it exists.
 *
 * @param {import('./binaries.mjs').Binaries} binaries
 * @param {import('./migrations.mjs').Migration[]} migrations
 * @param {string} dataDir must not exist
 */
export async function createCluster(binaries, migrations, dataDir) {
  const bootstrap = await readFile(BOOTSTRAP, 'utf8');
  const hash = createHash('sha256').update(JSON.stringify([binaries.postgresVersion, bootstrap, migrations]));
  const template = join(CACHE, hash.digest('hex').slice(0, 16));
  if (!(await exists(template))) await buildTemplate(binaries, bootstrap, migrations, template);
  // Mark it as used, so that `removeUnused` of another stack keeps it.
  await utimes(template, new Date(), new Date());
  // Preserves owner and modes, which Postgres checks.
  await run('cp', ['-a', template, dataDir]);
}

/**
 * @param {import('./binaries.mjs').Binaries} binaries
 * @param {string} bootstrap
 * @param {import('./migrations.mjs').Migration[]} migrations
 * @param {string} template
 */
async function buildTemplate(binaries, bootstrap, migrations, template) {
  const runDir = await createRunDir();
  const staged = `${template}.${process.pid}.${Date.now()}`;
  try {
    const dataDir = join(runDir, 'data');
    await initCluster(binaries, dataDir);
    const server = await startPostgres({ binaries, dataDir, runDir });
    try {
      await bootstrapDatabase(server, bootstrap);
      await applyMigrations(server, migrations);
    } finally {
      await server.stop();
    }
    await mkdir(CACHE, { recursive: true });
    await removeUnused();
    await run('cp', ['-a', dataDir, staged]);
    // Another stack may have built the same template in the meantime; either works.
    await rename(staged, template).catch((error) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    });
  } finally {
    await rm(staged, { recursive: true, force: true });
    await rm(runDir, { recursive: true, force: true });
  }
}

/** @param {pg.ClientConfig} address @param {string} bootstrap */
async function bootstrapDatabase(address, bootstrap) {
  const client = new pg.Client({ ...address, user: SUPERUSER });
  await client.connect();
  try {
    await client.query(bootstrap);
  } finally {
    await client.end();
  }
}

async function removeUnused() {
  for (const name of await readdir(CACHE)) {
    const dir = join(CACHE, name);
    const { mtimeMs } = await stat(dir);
    if (Date.now() - mtimeMs > KEEP_UNUSED_MS) await rm(dir, { recursive: true, force: true });
  }
}

/** @param {string} path */
async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
