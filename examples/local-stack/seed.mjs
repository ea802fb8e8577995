// @ts-check
import { accountRows } from './seed/account-rows.mjs';
import { graphRows } from './seed/graph-rows.mjs';
import { memberRows } from './seed/members.mjs';
import { createRandom } from './seed/random.mjs';
import { runRows } from './seed/runs.mjs';
import { templateRows } from './seed/templates.mjs';
import { daysBefore } from './seed/time.mjs';
import { USERS } from './seed/users.mjs';
import { WORKFLOWS } from './seed/workflows.mjs';

/** @typedef {import('./lib/sql.mjs').Sql} Sql */

const SEED = 20260101;

/** The names of workflows that are favorites of their owners. */
const FAVORITES = ['Product launch video', 'Catalogue backgrounds', 'UGC ad remix'];

/**
 * Fills an empty database with two accounts after two months of use, ending now, and a third, new one. Works with any
 * set of migrations: the audit trail exists only with its triggers, and members only with their table.
 *
 * @param {Sql} sql as superuser
 */
export async function seedDatabase(sql) {
  const random = createRandom(SEED);
  const now = new Date();
  const graphs = WORKFLOWS.map((graph) => graphRows(random, graph, now));
  const runs = WORKFLOWS.map((graph, index) => runRows(random, graph, graphs[index].workflow.id, now));
  const { templates, saved } = templateRows(random, graphs, now);
  const favorites = graphs
    .filter(({ workflow }) => FAVORITES.includes(workflow.name))
    .map(({ workflow }) => ({
      id: random.uuid(),
      user_id: workflow.user_id,
      workflow_id: workflow.id,
      created_at: daysBefore(now, random.int(1, 20)),
    }));
  const { api_keys, integrations, brand_settings, account_settings } = accountRows(random, now);
  const executions = runs.flatMap((run) => run.executions);
  const [{ has_members }] = await sql(
    "select to_regclass('public.workflow_members') is not null as has_members",
  );
  const workflows = graphs.map(({ workflow }) => workflow);

  await addUsers(sql);
  const inserts = [
    insertSql('workflows', workflows),
    insertSql(
      'workflow_nodes',
      graphs.flatMap(({ nodes }) => nodes),
    ),
    insertSql(
      'workflow_connections',
      graphs.flatMap(({ connections }) => connections),
    ),
    insertSql('workflow_executions', executions.map(asStarted)),
    finishSql(executions),
    insertSql(
      'execution_node_results',
      runs.flatMap(({ results }) => results),
    ),
    insertSql('api_keys', api_keys),
    insertSql('integrations', integrations),
    insertSql('brand_settings', brand_settings),
    insertSql('account_settings', account_settings),
    insertSql('workflow_templates', templates),
    insertSql('saved_templates', saved),
    insertSql('workflow_favorites', favorites),
    has_members ? insertSql('workflow_members', memberRows(workflows, now)) : '',
  ];
  await sql(`begin; ${VISITOR} ${inserts.join('\n')} ${BACKDATE_AUDIT} commit; analyze;`);
}

/**
 * Gives each user a key for the stack's replacement service.
 *
 * @param {Sql} sql as superuser
 */
export async function seedStubKeys(sql) {
  const key = (/** @type {{ id: string }} */ { id }) => ({
    user_id: id,
    service_name: 'stub',
    encrypted_key: `stub-key-of-${id}`,
    is_master_key: false,
    is_active: true,
  });
  const keys = USERS.map(key);
  const columns = Object.keys(keys[0]).join(', ');
  await sql(`insert into public.api_keys (${columns})
    select ${columns} from jsonb_populate_recordset(null::public.api_keys, ${literal(keys)})`);
}

export { USERS };

/** @param {Sql} sql */
async function addUsers(sql) {
  for (const { id, email, password, fullName, organization } of USERS) {
    await sql(
      `insert into auth.users (id, email, encrypted_password, raw_user_meta_data, created_at)
       values ($1, $2, extensions.crypt($3, extensions.gen_salt('bf')), $4, now() - interval '80 days')`,
      [id, email, password, JSON.stringify({ full_name: fullName })],
    );
    // Production has no trigger that creates the profile.
    await sql(
      `insert into public.user_profiles (id, email, full_name, organization, created_at, updated_at)
       select id, email, $2, $3, created_at, created_at from auth.users where id = $1
       on conflict (id) do update set organization = excluded.organization, created_at = excluded.created_at`,
      [id, fullName, organization],
    );
  }
}

/**
 * @param {string} table
 * @param {object[]} rows all with the same columns
 */
function insertSql(table, rows) {
  const columns = Object.keys(rows[0]).join(', ');
  return `insert into public.${table} (${columns})
    select ${columns} from jsonb_populate_recordset(null::public.${table}, ${literal(rows)});`;
}

/**
 * A run in its first state; `finishSql` completes it, so that the audit trail contains both.
 *
 * @param {object} execution
 */
function asStarted(execution) {
  return {
    ...execution,
    status: 'running',
    error_message: null,
    completed_at: null,
    execution_time_ms: null,
  };
}

/** @param {{ status: string }[]} executions */
function finishSql(executions) {
  const ended = executions.filter(({ status }) => status !== 'running');
  return `update public.workflow_executions e
    set status = r.status, error_message = r.error_message, completed_at = r.completed_at,
      execution_time_ms = r.execution_time_ms
    from jsonb_populate_recordset(null::public.workflow_executions, ${literal(ended)}) r where r.id = e.id;`;
}

/** @param {unknown} value */
function literal(value) {
  return `'${JSON.stringify(value).replaceAll("'", "''")}'::jsonb`;
}

/** The request headers that the audit triggers see. */
const VISITOR = `select set_config('request.headers', '${JSON.stringify({
  'x-forwarded-for': '203.0.113.24, 127.0.0.1',
  'user-agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Safari/605.1.15',
})}', true);`;

/** Moves the rows that the triggers have just written to plausible times. */
const BACKDATE_AUDIT = `
  update public.audit_logs set created_at = coalesce(
    (case when action like '%_updated' then details -> 'new' ->> 'completed_at' end)::timestamp,
    (details -> 'new' ->> 'created_at')::timestamp,
    created_at
  );`;
