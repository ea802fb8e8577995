// @ts-check
import { randomUUID } from 'node:crypto';

/** @typedef {import('../../../examples/local-stack/stack.mjs').Stack} Stack */
/** @typedef {{ id: string, email: string, token: string }} User */
/** @typedef {Record<string, any>} Row */

const EMPTY_GRAPH = { nodes: [], connections: [] };

/**
 * Creates and reads rows with SQL, bypassing the package.
 *
 * @param {Stack} stack
 */
export function createFixtures(stack) {
  /**
   * Inserts rows and returns them as PostgREST would.
   *
   * @param {string} table
   * @param {Row[]} rows with the same columns
   * @returns {Promise<Row[]>}
   */
  async function insert(table, rows) {
    if (rows.length === 0) return [];
    const columns = Object.keys(rows[0]).join(', ');
    const made = await stack.sql(
      `insert into public.${table} as t (${columns})
       select ${columns} from jsonb_populate_recordset(null::public.${table}, $1) returning to_jsonb(t) as row`,
      [JSON.stringify(rows)],
    );
    return made.map(({ row }) => row);
  }

  /**
   * Rows as PostgREST would return them.
   *
   * @param {string} table
   * @param {string} [rest] conditions and order
   * @param {unknown[]} [params]
   * @returns {Promise<Row[]>}
   */
  async function rows(table, rest = '', params = []) {
    const found = await stack.sql(`select to_jsonb(t) as row from public.${table} t ${rest}`, params);
    return found.map(({ row }) => row);
  }

  /** @param {string} table @param {string} id */
  const row = async (table, id) => (await rows(table, 'where id = $1', [id]))[0] ?? null;

  /** A user without any rows. @returns {Promise<User>} */
  async function newUser(name = 'user') {
    const email = `${name}.${randomUUID()}@example.com`;
    const [{ id }] = await stack.sql('insert into auth.users (email) values ($1) returning id', [email]);
    return { id, email, token: stack.signToken({ sub: id }) };
  }

  /** @param {User} user @param {Row} [columns] */
  async function newWorkflow(user, columns = {}) {
    const [made] = await insert('workflows', [
      { user_id: user.id, name: `Workflow ${randomUUID()}`, ...columns },
    ]);
    return made;
  }

  /** @param {Row} workflow @param {string[]} names */
  const newNodes = (workflow, names) =>
    insert(
      'workflow_nodes',
      names.map((node_id) => ({ workflow_id: workflow.id, node_id, node_type: 'text_input' })),
    );

  /** @param {Row} workflow @param {string[]} links each `from>to` */
  const newConnections = (workflow, links) =>
    insert(
      'workflow_connections',
      links.map((link) => {
        const [source_node_id, target_node_id] = link.split('>');
        return { workflow_id: workflow.id, source_node_id, target_node_id, connection_id: link };
      }),
    );

  /** @param {Row} workflow @param {Row[]} runs */
  const newExecutions = (workflow, runs) =>
    insert(
      'workflow_executions',
      runs.map((columns) => ({ workflow_id: workflow.id, user_id: workflow.user_id, ...columns })),
    );

  /** One row in each table. @param {User} user */
  async function newEstate(user) {
    const workflow = await newWorkflow(user);
    const nodes = await newNodes(workflow, ['a', 'b', 'c']);
    const connections = await newConnections(workflow, ['a>b', 'b>c']);
    const [execution] = await newExecutions(workflow, [{ node_count: 3 }]);
    const results = await insert(
      'execution_node_results',
      ['a', 'b'].map((node_id) => ({ execution_id: execution.id, node_id, node_type: 'text_input' })),
    );
    return { user, workflow, nodes, connections, execution, results };
  }

  /**
   * Makes a user a member of a workflow, invited by its owner.
   *
   * @param {string} workflowId
   * @param {{ id: string, email: string }} user
   * @param {string} role
   */
  async function newMember(workflowId, user, role) {
    await stack.sql(
      `insert into workflow_members (workflow_id, email, role, invited_by, user_id, accepted_at)
       select id, $2, $3, user_id, $4, localtimestamp from workflows where id = $1`,
      [workflowId, user.email, role, user.id],
    );
  }

  /** One row in each table except for the tables of workflows. @param {User} user */
  async function newBelongings(user) {
    const marked = await newWorkflow(user);
    const name = () => `x ${randomUUID()}`;
    const [apiKey] = await insert('api_keys', [
      { user_id: user.id, service_name: name(), encrypted_key: 'secret', is_active: true },
    ]);
    const [integration] = await insert('integrations', [{ user_id: user.id, service_name: name() }]);
    const [template, savedTemplate] = await insert(
      'workflow_templates',
      [1, 2].map(() => ({ name: name(), workflow_data: EMPTY_GRAPH, created_by: user.id })),
    );
    const [saved] = await insert('saved_templates', [{ user_id: user.id, template_id: savedTemplate.id }]);
    const [favorite] = await insert('workflow_favorites', [{ user_id: user.id, workflow_id: marked.id }]);
    return { apiKey, integration, template, savedTemplate, saved, marked, favorite };
  }

  return {
    newBelongings,
    insert,
    rows,
    row,
    newUser,
    newWorkflow,
    newMember,
    newNodes,
    newConnections,
    newExecutions,
    newEstate,
  };
}
