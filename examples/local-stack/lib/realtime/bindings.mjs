// @ts-check
import { createHash } from 'node:crypto';
import pg from 'pg';
import { inspect } from './inspect.mjs';

/** @typedef {import('../sql.mjs').Sql} Sql */
/** @typedef {{ column: string, operator: string, value: string, text: string }} Filter */

/**
 * The rows that a binding selects. `*` means every schema or table.
 *
 * @typedef {{ schema: string, table: string, filter: Filter | null }} Scope
 */

/**
 * @typedef {object} Binding
 * @property {number} id
 * @property {Record<string, unknown>} params as the client sent them
 */

export const PUBLICATION = 'supabase_realtime';

/** The operators of a filter in SQL. `in` compares with every element of an array. */
const OPERATORS = Object.freeze({
  eq: '=',
  neq: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  in: '= any',
});

/** Postgres's names of errors that a subscription may cause; the server prints them. */
const CONDITIONS = new Map([
  ['22P02', 'invalid_text_representation'],
  ['22007', 'invalid_datetime_format'],
  ['22008', 'datetime_field_overflow'],
  ['22003', 'numeric_value_out_of_range'],
  ['42704', 'undefined_object'],
  ['42883', 'undefined_function'],
  ['P0001', 'raise_exception'],
]);

/** An invalid subscription. The system message contains this error's message. */
export class SubscriptionError extends Error {}

/**
 * The id of a binding: a hash of its content, so that equal bindings have equal ids everywhere.
 *
 * @param {Record<string, unknown>} params
 */
export function bindingId(params) {
  const content = JSON.stringify(Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  // 27 bits, like Erlang's `phash2`.
  return createHash('sha256').update(content).digest().readUInt32BE() >>> 5;
}

/**
 * @param {Record<string, unknown>} params
 * @returns {Scope}
 * @throws {SubscriptionError}
 */
export function readScope(params) {
  const { schema, table, filter } = params;
  if (typeof schema !== 'string' && typeof table !== 'string') {
    throw new SubscriptionError(
      `No subscription params provided. Please provide at least a \`schema\` or \`table\` to subscribe to: ${inspect(params)}`,
    );
  }
  const byTable = typeof table === 'string';
  return {
    schema: typeof schema === 'string' ? schema : 'public',
    table: byTable ? table : '*',
    filter: byTable && typeof filter === 'string' ? readFilter(filter) : null,
  };
}

/** @param {string} text @returns {Filter} */
function readFilter(text) {
  const parts = splitOnce(text, '=');
  const [operator, value] = parts.length === 2 ? splitOnce(parts[1], '.') : [];
  if (value === undefined || !Object.hasOwn(OPERATORS, operator)) {
    const shown = parts.length === 2 ? splitOnce(parts[1], '.') : parts;
    throw new SubscriptionError(`Error parsing \`filter\` params: ${inspect(shown)}`);
  }
  if (operator !== 'in') return { column: parts[0], operator, value, text };
  const list = /^\((.*)\)$/s.exec(value);
  if (!list) {
    throw new SubscriptionError(
      'Error parsing `filter` params: `in` filter value must be wrapped by parentheses',
    );
  }
  return { column: parts[0], operator, value: `{${list[1]}}`, text };
}

/**
 * A filter as an SQL condition.
 *
 * @param {Filter} filter
 * @param {string} operand the column in SQL
 * @param {string} type its type in SQL
 */
export function filterSql({ operator, value }, operand, type) {
  const sign = OPERATORS[/** @type {keyof typeof OPERATORS} */ (operator)];
  const literal = `${pg.escapeLiteral(value)}::${type}`;
  return operator === 'in' ? `${operand} ${sign}(${literal}[])` : `${operand} ${sign} ${literal}`;
}

/** @param {Scope} scope @param {{ schema: string, table: string }} relation */
export function covers(scope, relation) {
  return (
    (scope.schema === '*' || scope.schema === relation.schema) &&
    (scope.table === '*' || scope.table === relation.table)
  );
}

/**
 * Checks a subscription like the database functions with which the server stores it.
 *
 * @param {Sql} sql as superuser
 * @param {Record<string, unknown>} params
 * @param {string} role of the token
 * @returns {Promise<Scope>}
 * @throws {SubscriptionError}
 */
export async function checkBinding(sql, params, role) {
  const scope = readScope(params);
  const shown = inspectParams({ ...params, schema: scope.schema, table: scope.table });
  const intro = 'Unable to subscribe to changes with given parameters.';
  try {
    const tables = await sql(
      `select c.oid, $3::regrole::text as role, a.type,
         coalesce(has_column_privilege($3, c.oid, a.attnum, 'select'), false) as selectable
       from pg_catalog.pg_publication_tables p
       join pg_catalog.pg_namespace n on n.nspname = p.schemaname
       join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
       left join lateral (
         select attnum, format_type(atttypid, -1) as type
         from pg_catalog.pg_attribute
         where attrelid = c.oid and attname = $4 and attnum > 0 and not attisdropped
       ) a on true
       where p.pubname = '${PUBLICATION}'
         and ($1 = '*' or p.schemaname = $1) and ($2 = '*' or p.tablename = $2)`,
      [scope.schema, scope.table, role, scope.filter?.column ?? null],
    );
    if (tables.length === 0) {
      throw new SubscriptionError(
        `${intro} Please check Realtime is enabled for the given connect parameters: ${shown}`,
      );
    }
    for (const { type, selectable } of scope.filter ? tables : []) {
      if (!selectable) {
        const message = `invalid column for filter ${scope.filter?.column}`;
        throw Object.assign(new Error(message), { code: 'P0001' });
      }
      await sql(`select ${filterSql(/** @type {Filter} */ (scope.filter), `null::${type}`, type)}`);
    }
    return scope;
  } catch (error) {
    if (error instanceof SubscriptionError) throw error;
    const { code = '', message } = /** @type {Error & { code?: string }} */ (error);
    const condition = CONDITIONS.has(code) ? ` (${CONDITIONS.get(code)})` : '';
    throw new SubscriptionError(
      `${intro} An exception happened so please check your connect parameters: ${shown}. ` +
        `Exception: ERROR ${code}${condition} ${message}`,
    );
  }
}

/** @param {Record<string, unknown>} params */
function inspectParams(params) {
  const entries = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `[${entries.map(([name, value]) => `${name}: ${value}`).join(', ')}]`;
}

/** @param {string} text @param {string} separator @returns {string[]} one part, or two */
function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
