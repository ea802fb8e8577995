// @ts-check

/** @typedef {ReturnType<typeof import('./fixtures.mjs').createFixtures>} Fixtures */
/** @typedef {import('./fixtures.mjs').Row} Row */
/** @typedef {{ user: Row, workflow: Row, execution: Row }} Ids */
/** @typedef {[name: string, ...args: unknown[]]} Call */

const BY_TIME = 'order by created_at, id';

/**
 * The expected results of reads, from SQL.
 *
 * @param {Pick<Fixtures, 'row' | 'rows'>} fixtures
 */
export function createTruth({ row, rows }) {
  const nodes = (/** @type {string} */ id) =>
    rows('workflow_nodes', `where workflow_id = $1 ${BY_TIME}`, [id]);
  const connections = (/** @type {string} */ id) =>
    rows('workflow_connections', `where workflow_id = $1 ${BY_TIME}`, [id]);

  const ofUser = (/** @type {string} */ table, /** @type {string} */ id) =>
    rows(table, `where user_id = $1 ${BY_TIME}`, [id]);
  const activeKeys = (/** @type {string} */ id) =>
    rows('api_keys', `where user_id = $1 and is_active ${BY_TIME}`, [id]);
  const ofService = async (
    /** @type {string} */ table,
    /** @type {string} */ id,
    /** @type {unknown} */ service,
  ) => (await rows(table, 'where user_id = $1 and service_name = $2', [id, service]))[0] ?? null;

  /** @type {Record<string, (id: string, variant?: any) => Promise<unknown>>} */
  const reads = {
    getWorkflows: (userId, includeArchived) =>
      rows(
        'workflows',
        `where user_id = $1 ${includeArchived ? '' : 'and archived_at is null'} order by updated_at desc, id`,
        [userId],
      ),
    getWorkflow: (id) => row('workflows', id),
    async getWorkflowWithRelations(id) {
      const workflow = await row('workflows', id);
      return workflow && { ...workflow, nodes: await nodes(id), connections: await connections(id) };
    },
    getWorkflowNodes: nodes,
    getWorkflowConnections: connections,
    getExecution: (id) => row('workflow_executions', id),
    getExecutionResults: (id) => rows('execution_node_results', `where execution_id = $1 ${BY_TIME}`, [id]),
    async getExecutionHistory(id) {
      const data = await rows('workflow_executions', 'where workflow_id = $1 order by created_at desc, id', [
        id,
      ]);
      return {
        data: data.slice(0, 50),
        total: data.length,
        page: 0,
        pageSize: 50,
        hasMore: data.length > 50,
      };
    },
    getUserProfile: (id) => row('user_profiles', id),
    getApiKeys: activeKeys,
    getApiKeysPublic: async (id) =>
      (await activeKeys(id)).map((key) => ({ ...key, encrypted_key: '[REDACTED]' })),
    getApiKey: async (id, service) => {
      const key = await ofService('api_keys', id, service);
      return key?.is_active ? key : null;
    },
    getIntegration: (id, service) => ofService('integrations', id, service),
    getIntegrations: (id) => ofUser('integrations', id),
    getSavedTemplates: (id) => ofUser('saved_templates', id),
    getFavorites: (id) => ofUser('workflow_favorites', id),
    getBrandSettings: async (id) => (await ofUser('brand_settings', id))[0] ?? null,
    getAccountSettings: async (id) => (await ofUser('account_settings', id))[0] ?? null,
    getTemplate: (id) => row('workflow_templates', id),
    async getAuditLogs(id) {
      const all = await rows('audit_logs', 'where user_id = $1 order by created_at desc, id', [id]);
      return {
        data: all.slice(0, 100),
        total: all.length,
        page: 0,
        pageSize: 100,
        hasMore: all.length > 100,
      };
    },
  };
  return /** @param {Call} call */ ([name, id, variant]) => reads[name](String(id), variant);
}

/**
 * Every read of these rows that the cache may serve.
 *
 * @param {Ids} ids
 * @returns {Call[]}
 */
export function cachedReads({ user, workflow, execution }) {
  return [
    ['getWorkflows', user.id],
    ['getWorkflows', user.id, true],
    ['getWorkflow', workflow.id],
    ['getWorkflowNodes', workflow.id],
    ['getWorkflowConnections', workflow.id],
    ['getWorkflowWithRelations', workflow.id],
    ['getExecution', execution.id],
    ['getExecutionResults', execution.id],
    ['getUserProfile', user.id],
  ];
}
