// @ts-check
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { StackError } from './stack-error.mjs';

const MIGRATIONS = new URL('../../../supabase/migrations/', import.meta.url);

/** @typedef {{ name: string, text: string }} Migration */

/**
 * Reads migrations in the order they apply.
 *
 * @param {true | string[]} wanted all, or some by file name, with or without time stamp and `.sql`
 * @returns {Promise<Migration[]>}
 */
export async function readMigrations(wanted) {
  const all = (await readdir(fileURLToPath(MIGRATIONS))).filter((name) => name.endsWith('.sql')).sort();
  const chosen = wanted === true ? all : all.filter((name) => wanted.some((short) => isNamed(name, short)));
  const unknown = wanted === true ? [] : wanted.filter((short) => !all.some((name) => isNamed(name, short)));
  if (unknown.length > 0) throw new StackError(`There is no migration called ${unknown.join(', ')}.`);
  return Promise.all(
    chosen.map(async (name) => ({ name, text: await readFile(new URL(name, MIGRATIONS), 'utf8') })),
  );
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
