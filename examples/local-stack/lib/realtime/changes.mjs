// @ts-check
import pg from 'pg';
import { covers, filterSql } from './bindings.mjs';
import { groupBy } from './group-by.mjs';

/** @typedef {import('../sql.mjs').Sql} Sql */
/** @typedef {import('./pgoutput.mjs').Change} Change */
/** @typedef {import('./pgoutput.mjs').Relation} Relation */
/** @typedef {import('./bindings.mjs').Scope} Scope */
/** @typedef {import('./token.mjs').Claims} Claims */

/** A channel's active bindings and the claims of its user. @typedef {{ claims: Claims, scopes: { id: number, scope: Scope }[] }} Subscriber */

/** @typedef {Change & { xid: number, committedAt: Date }} Committed */

/** The message to one subscriber about one change. @typedef {{ subscriber: Subscriber, type: Change['type'], ids: number[], data: string }} Delivery */

/** Values as JSON; null for SQL's NULL, undefined if unknown. @typedef {(string | null | undefined)[]} Cells */

/** @typedef {Committed & { cells: { row: Cells | null, old: Cells | null }, hits: { row: boolean[], old: boolean[] } }} Prepared */

/** @typedef {{ name: string, type: string, sqlType: string }} Column */

/** @typedef {{ rls: boolean, keys: string[], columns: Column[], selectable: Map<string, Set<string>> }} Table */

/** An oversized record keeps only values up to this size, in bytes of JSON. */
const SHORT_VALUE_BYTES = 64;

/** JSON has no representation for these numbers; the server sends null. */
const NOT_A_NUMBER = /^(NaN|-?Infinity)$/;
const NUMERIC = new Set(['numeric', 'float4', 'float8']);

/**
 * Determines the recipients of a batch of changes. Postgres evaluates filters, row security and grants at this moment,
 * as the subscriber.
 *
 * @param {Sql} sql as superuser
 * @param {Committed[]} batch in the order of the log
 * @param {Subscriber[]} subscribers
 * @param {{ filteredDeletes: boolean, maxRecordBytes: number }} rules
 * @returns {Promise<Delivery[]>}
 */
export async function deliveries(sql, batch, subscribers, rules) {
  await visible(sql, batch);
  /** @type {Map<Committed, Delivery[]>} */
  const found = new Map();
  for (const [relation, changes] of groupBy(batch, (change) => change.relation)) {
    const concerned = subscribers.filter(({ scopes }) => scopes.some(({ scope }) => covers(scope, relation)));
    if (concerned.length === 0) continue;
    const table = await readTable(sql, relation, new Set(concerned.map(({ claims }) => claims.role)));
    if (!table) continue;
    for (const [change, list] of await ofTable(sql, relation, table, changes, concerned, rules)) {
      found.set(change, list);
    }
  }
  return batch.flatMap((change) => found.get(change) ?? []);
}

/**
 * Waits until these transactions are visible to all others: they appear in the log shortly before.
 *
 * @param {Sql} sql
 * @param {Committed[]} batch
 */
async function visible(sql, batch) {
  const xids = [...new Set(batch.map(({ xid }) => String(xid >>> 0)))];
  let all = false;
  while (!all) {
    [{ all }] = await sql(
      `select bool_and(pg_visible_in_snapshot(x::xid8, pg_current_snapshot())) as all from unnest($1::text[]) x`,
      [xids],
    );
  }
}

/**
 * @param {Sql} sql
 * @param {Relation} relation
 * @param {Table} table
 * @param {Committed[]} changes all of this relation
 * @param {Subscriber[]} subscribers
 * @param {{ filteredDeletes: boolean, maxRecordBytes: number }} rules
 */
async function ofTable(sql, relation, table, changes, subscribers, rules) {
  const filters = [
    ...new Set(
      subscribers.flatMap(({ scopes }) =>
        scopes.filter(({ scope }) => covers(scope, relation)).map(({ scope }) => scope.filter?.text ?? ''),
      ),
    ),
  ];
  const parsed = new Map(
    subscribers.flatMap(({ scopes }) => scopes.map(({ scope }) => [scope.filter?.text ?? '', scope.filter])),
  );
  const conditions = filters.map((text) => {
    const filter = parsed.get(text);
    if (!filter) return 'true';
    const at = table.columns.findIndex(({ name }) => name === filter.column);
    return at < 0 ? 'false' : filterSql(filter, cellSql(table.columns[at]), table.columns[at].sqlType);
  });
  const prepared = await prepare(sql, table, changes, conditions);

  /** @type {Map<Committed, Delivery[]>} */
  const found = new Map();
  for (const [claims, group] of groupBy(subscribers, ({ claims }) => JSON.stringify(claims))) {
    const role = group[0].claims.role;
    const visible = await visibleRows(sql, relation, table, prepared, { claims, role });
    prepared.forEach((change, index) => {
      const refusal = refusalOf(change, table, role);
      if (!refusal && !visible.has(change)) return;
      for (const subscriber of group) {
        const ids = subscriber.scopes
          .filter(({ scope }) => covers(scope, relation))
          .filter(({ scope }) => {
            if (refusal || (change.type === 'DELETE' && !rules.filteredDeletes)) return true;
            const hits = change.type === 'DELETE' ? change.hits.old : change.hits.row;
            return hits[filters.indexOf(scope.filter?.text ?? '')];
          })
          .map(({ id }) => id)
          .reverse();
        if (ids.length === 0) continue;
        const data = dataText(change, table, role, refusal, rules.maxRecordBytes);
        const list = found.get(changes[index]) ?? [];
        list.push({ subscriber, type: change.type, ids, data });
        found.set(changes[index], list);
      }
    });
  }
  // Subscribers in join order, regardless of the user.
  for (const list of found.values()) {
    list.sort((a, b) => subscribers.indexOf(a.subscriber) - subscribers.indexOf(b.subscriber));
  }
  return found;
}

/**
 * @param {Sql} sql
 * @param {Relation} relation
 * @param {Set<string>} roles
 * @returns {Promise<Table | null>} null if the table no longer exists
 */
async function readTable(sql, relation, roles) {
  const [table] = await sql(
    `select c.relrowsecurity as rls,
       array(select a.attname::text from pg_index i join pg_attribute a
             on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
             where i.indrelid = c.oid and i.indisprimary) as keys
     from pg_class c where c.oid = $1`,
    [relation.oid],
  );
  if (!table) return null;
  const types = await sql(
    `select oid::int8, typname::text, format_type(oid, -1) as sql_type from pg_type where oid = any($1)`,
    [relation.columns.map(({ typeOid }) => typeOid)],
  );
  const typeOf = new Map(types.map((type) => [type.oid, type]));
  const grants = await sql(
    `select r.role, a.attname::text as name
     from unnest($2::text[]) as r (role)
     join pg_attribute a on a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
     where has_column_privilege(r.role, a.attrelid, a.attnum, 'select')`,
    [relation.oid, [...roles]],
  );
  return {
    ...table,
    columns: relation.columns.map(({ name, typeOid }) => ({
      name,
      type: typeOf.get(typeOid)?.typname ?? 'text',
      sqlType: typeOf.get(typeOid)?.sql_type ?? 'text',
    })),
    selectable: new Map(
      [...roles].map((role) => [
        role,
        new Set(grants.filter((grant) => grant.role === role).map(({ name }) => name)),
      ]),
    ),
  };
}

/**
 * Converts the log's text into JSON values and evaluates the filters, in one statement.
 *
 * @param {Sql} sql
 * @param {Table} table
 * @param {Committed[]} changes
 * @param {string[]} conditions
 * @returns {Promise<Prepared[]>}
 */
async function prepare(sql, table, changes, conditions) {
  const tuples = changes
    .flatMap(({ row, old }) => [fillFrom(row, old), old])
    .filter((tuple) => tuple !== null);
  const { columns } = table;
  const rows = await sql(
    `select to_json(array[${columns.map((column) => `to_jsonb(${cellSql(column)})::text`)}]::text[]) as cells,
       to_json(array[${conditions}]::bool[]) as hits
     from rows from (json_to_recordset($1) as (${columns.map(declared)})) with ordinality as x order by ordinality`,
    [JSON.stringify(tuples.map((tuple) => asObject(tuple, columns)))],
  );
  let next = 0;
  /** @param {(string | null | undefined)[] | null} tuple */
  const take = (tuple) => {
    if (tuple === null) return { cells: null, hits: [] };
    const { cells, hits } = rows[next++];
    return { cells: tuple.map((value, at) => (value === undefined ? undefined : cells[at])), hits };
  };
  return changes.map((change) => {
    const row = take(fillFrom(change.row, change.old));
    const old = take(change.old);
    return {
      ...change,
      cells: { row: row.cells, old: old.cells },
      hits: { row: row.hits, old: old.hits },
    };
  });
}

/**
 * Takes unchanged values that were not sent from the old row, if the old row is complete.
 *
 * @param {Change['row']} row
 * @param {Change['old']} old
 */
function fillFrom(row, old) {
  return row && old ? row.map((value, at) => (value === undefined ? (old[at] ?? undefined) : value)) : row;
}

/**
 * The changes that a user with these claims may see. Deleted rows can no longer be checked, so every user sees their
 * keys.
 *
 * @param {Sql} sql
 * @param {Relation} relation
 * @param {Table} table
 * @param {Prepared[]} changes
 * @param {{ claims: string, role: string }} who
 * @returns {Promise<Set<Prepared>>}
 */
async function visibleRows(sql, relation, table, changes, { claims, role }) {
  const free = changes.filter(({ type }) => type === 'DELETE' || !table.rls);
  const asked = changes.filter((change) => !free.includes(change) && !refusalOf(change, table, role));
  if (asked.length === 0) return new Set(free);
  const keys = table.columns.filter(({ name }) => table.keys.includes(name));
  const rows = asked.map((change, n) => ({ ...asObject(change.row ?? [], table.columns), [ROW_NUMBER]: n }));
  const same = keys.map(({ name }) => `t.${quoted(name)} = x.${quoted(name)}`).join(' and ');
  // A simple query is one transaction: role and claims are reset with it.
  const seen = await sql(
    `select set_config('role', ${pg.escapeLiteral(role)}, true),
       set_config('request.jwt.claims', ${pg.escapeLiteral(claims)}, true);
     select x.${quoted(ROW_NUMBER)} as n
     from json_to_recordset(${pg.escapeLiteral(JSON.stringify(rows))})
       as x (${[...keys.map(declared), `${quoted(ROW_NUMBER)} int`]})
     where exists (select from ${quoted(relation.schema)}.${quoted(relation.table)} t where ${same})`,
  );
  return new Set([...free, ...seen.map(({ n }) => asked[n])]);
}

/** A name that no column has. */
const ROW_NUMBER = '$row';

/**
 * The reason why a change is sent without its data.
 *
 * @param {Change} change
 * @param {Table} table
 * @param {string} role
 * @returns {string | null}
 */
function refusalOf({ type }, { keys, selectable }, role) {
  if (type === 'DELETE') return null;
  if (keys.length === 0) return 'Error 400: Bad Request, no primary key';
  return keys.every((key) => selectable.get(role)?.has(key)) ? null : 'Error 401: Unauthorized';
}

/**
 * @param {Prepared} change
 * @param {Table} table
 * @param {string} role
 * @param {string | null} refusal
 * @param {number} maxBytes
 */
function dataText(change, table, role, refusal, maxBytes) {
  const { type, relation, committedAt, cells } = change;
  const where = { schema: relation.schema, table: relation.table, type };
  if (refusal) {
    const old = type === 'UPDATE' ? { old_record: {} } : {};
    return JSON.stringify({
      ...where,
      commit_timestamp: null,
      columns: [],
      record: {},
      ...old,
      errors: [refusal],
    });
  }
  const size = [cells.row, cells.old].flatMap((list) => list ?? []).reduce(addBytes, 0);
  const isTooLarge = size > maxBytes;
  const granted = table.columns.map(({ name }) => table.selectable.get(role)?.has(name) ?? false);
  /** @param {Cells | null} values @param {(name: string) => boolean} [wanted] */
  const record = (values, wanted = () => true) => {
    const kept = table.columns.flatMap(({ name }, at) => {
      const value = values?.[at];
      if (value === undefined || !granted[at] || !wanted(name)) return [];
      if (isTooLarge && (value === null || Buffer.byteLength(value) > SHORT_VALUE_BYTES)) return [];
      return [`${JSON.stringify(name)}:${value ?? 'null'}`];
    });
    return kept.length === 0 && type === 'DELETE' ? 'null' : `{${kept}}`;
  };
  const isKey = (/** @type {string} */ name) => table.keys.includes(name);
  const columns = table.columns.filter((_, at) => granted[at]).map(({ name, type }) => ({ name, type }));
  const parts = [
    JSON.stringify({
      ...where,
      commit_timestamp: committedAt.toISOString(),
      columns: type === 'DELETE' && columns.length === 0 ? null : columns,
      errors: isTooLarge ? ['Error 413: Payload Too Large'] : null,
    }).slice(1, -1),
  ];
  if (type !== 'DELETE') parts.push(`"record":${record(cells.row)}`);
  // Without an old row, the key did not change.
  if (type === 'UPDATE') {
    parts.push(`"old_record":${relation.isFull ? record(cells.old) : record(cells.old ?? cells.row, isKey)}`);
  }
  // Row security cannot be evaluated for a deleted row, so only its key is sent.
  if (type === 'DELETE') {
    parts.push(
      `"old_record":${relation.isFull && !table.rls ? record(cells.old) : record(cells.old, isKey)}`,
    );
  }
  return `{${parts}}`;
}

/** @param {number} sum @param {string | null | undefined} value */
function addBytes(sum, value) {
  return sum + (value ? Buffer.byteLength(value) : 0);
}

/** @param {(string | null | undefined)[]} tuple @param {Column[]} columns */
function asObject(tuple, columns) {
  return Object.fromEntries(
    columns.map(({ name, type }, at) => {
      const value = tuple[at] ?? null;
      return [name, value !== null && NUMERIC.has(type) && NOT_A_NUMBER.test(value) ? null : value];
    }),
  );
}

/** JSON columns arrive as text; converting them to JSON again would produce a JSON string. */
const JSON_TYPES = ['json', 'jsonb'];

/** @param {Column} column */
function declared({ name, type, sqlType }) {
  return `${quoted(name)} ${JSON_TYPES.includes(type) ? 'text' : sqlType}`;
}

/** @param {Column} column */
function cellSql({ name, type, sqlType }) {
  return JSON_TYPES.includes(type) ? `x.${quoted(name)}::${sqlType}` : `x.${quoted(name)}`;
}

/** @param {string} name */
function quoted(name) {
  return pg.escapeIdentifier(name);
}
