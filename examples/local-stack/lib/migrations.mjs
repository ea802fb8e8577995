// @ts-check
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { StackError } from './stack-error.mjs';

const MIGRATIONS = new URL('../../../supabase/migrations/', import.meta.url);
/** Optional migrations, which a project adds individually. */
const OPTIONAL = new URL('../../../supabase/optional/', import.meta.url);

/** @typedef {{ name: string, text: string }} Migration */

/**
 * Reads migrations in the order they apply.
 *
 * @param {true | string[]} wanted all but the optional ones, or some by file name, with or without timestamp and `.sql`
 * @param {string[]} [optional] optional ones, named in the same way
 * @returns {Promise<Migration[]>}
 */
export async function readMigrations(wanted, optional = []) {
  const [plain, others] = await Promise.all([filesOf(MIGRATIONS), filesOf(OPTIONAL)]);
  const short = [...(wanted === true ? plain.map(({ name }) => name) : wanted), ...optional];
  const all = [...plain, ...others];
  const unknown = short.filter((wish) => !all.some(({ name }) => isNamed(name, wish)));
  if (unknown.length > 0) throw new StackError(`There is no migration called ${unknown.join(', ')}.`);
  const chosen = all.filter(({ name }) => short.some((wish) => isNamed(name, wish)));
  return Promise.all(chosen.map(async ({ name, url }) => ({ name, text: await readFile(url, 'utf8') })));
}

/** @param {URL} folder */
async function filesOf(folder) {
  const names = (await readdir(fileURLToPath(folder))).filter((name) => name.endsWith('.sql')).sort();
  return names.map((name) => ({ name, url: new URL(name, folder) }));
}

/** @param {string} name @param {string} short */
function isNamed(name, short) {
  const bare = name.replace(/\.sql$/, '');
  return [name, bare, bare.replace(/^\d+_/, '')].includes(short);
}

/**
 * Applies migrations as the role `postgres`, each in its own transaction, and records them where the Supabase CLI does.
 *
 * @param {pg.ClientConfig} address
 * @param {Migration[]} migrations
 */
export async function applyMigrations(address, migrations) {
  const client = new pg.Client({ ...address, user: 'postgres' });
  await client.connect();
  try {
    await client.query(`
      create schema if not exists supabase_migrations;
      create table if not exists supabase_migrations.schema_migrations (version text primary key, name text);
    `);
    for (const { name, text } of migrations) {
      // Several statements in one message are one transaction.
      await client.query(text).catch((error) => {
        throw new StackError(`Migration ${name} failed: ${error.message}`);
      });
      const [, version, title] = /^(\d+)_(.*)\.sql$/.exec(name) ?? [];
      // A file that reverts an optional migration is not a migration itself.
      if (version === undefined) continue;
      await client.query(
        'insert into supabase_migrations.schema_migrations values ($1, $2) on conflict (version) do nothing',
        [version, title],
      );
    }
  } finally {
    await client.end();
  }
}

/**
 * The migrations in a list that have not been applied to a kept database.
 *
 * @param {import('./sql.mjs').Sql} sql
 * @param {Migration[]} migrations
 */
export async function notYetApplied(sql, migrations) {
  const rows = await sql('select version from supabase_migrations.schema_migrations');
  const versions = new Set(rows.map((row) => row.version));
  return migrations.filter(({ name }) => !versions.has(name.split('_')[0]));
}
