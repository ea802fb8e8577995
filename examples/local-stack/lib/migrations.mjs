// @ts-check
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { StackError } from './stack-error.mjs';

const MIGRATIONS = new URL('../../../supabase/migrations/', import.meta.url);
/** What a project may add, each file by choice. */
const OPTIONAL = new URL('../../../supabase/optional/', import.meta.url);

/** @typedef {{ name: string, text: string }} Migration */

/**
 * Reads migrations in the order they apply.
 *
 * @param {true | string[]} wanted all but the optional ones, or some by file name, with or without time stamp and `.sql`
 * @param {string[]} [optional] optional ones, named likewise
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
 * Applies migrations as the role `postgres`, each in a transaction of its own, and notes them where Supabase's own
 * command line does.
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
      // What takes an optional one back is none itself.
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
 * The migrations of a list that a kept database has not had yet.
 *
 * @param {import('./sql.mjs').Sql} sql
 * @param {Migration[]} migrations
 */
export async function notYetApplied(sql, migrations) {
  const rows = await sql('select version from supabase_migrations.schema_migrations');
  const versions = new Set(rows.map((row) => row.version));
  return migrations.filter(({ name }) => !versions.has(name.split('_')[0]));
}
