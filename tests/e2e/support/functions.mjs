// @ts-check
import { ACCOUNT } from './functions/account.mjs';
import { GALLERY } from './functions/gallery.mjs';
import { GRAPH } from './functions/graph.mjs';
import { RUNS } from './functions/runs.mjs';
import { WORKFLOWS } from './functions/workflows.mjs';

/** @typedef {import('./functions/promised.mjs').Estate} Estate */

/** The specifications of all functions that concern one row, one list or one page. */
export const FUNCTIONS = { ...WORKFLOWS, ...GRAPH, ...RUNS, ...ACCOUNT, ...GALLERY };

/** Functions with separate tests: see cursors.test.mjs, keys.test.mjs and saves.test.mjs. */
export const OTHERS = [
  'callService',
  'acceptInvitation',
  'batchSaveApiKeys',
  'batchSaveWorkflows',
  'createWorkflowFromTemplate',
  'declineInvitation',
  'getAuditLogsPage',
  'getExecutionsPage',
  'getInvitations',
  'getSharedWorkflows',
  'getTemplates',
  'getWorkflowMembers',
  'getWorkflowsPage',
  'inviteToWorkflow',
  'leaveWorkflow',
  'removeWorkflowMember',
  'revealApiKey',
  'saveWorkflowGraph',
  'storeApiKey',
  'updateWorkflowMember',
];
