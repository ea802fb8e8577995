// @ts-check
import { randomUUID } from 'node:crypto';
import { DONE, FORBIDDEN, NOT_FOUND, badIds, badPatches } from './promised.mjs';

const data = { nodes: [], connections: [] };
const EMPTY_AUDIT = { data: [], total: 0, page: 0, pageSize: 100, hasMore: false };

/** @param {unknown[]} [rest] @returns {[unknown[], string][]} */
const badSecondIds = (named = 'templateId', rest = []) =>
  [undefined, null, 7, 'x'].map((id) => [[randomUUID(), id, ...rest], named]);

/** @type {Record<string, import('./promised.mjs').Promised>} */
export const GALLERY = {
  getTemplate: {
    args: ({ template }) => [template.id],
    table: 'workflow_templates',
    missing: null,
    // All users see the gallery; the result `'everybody'` means the row itself.
    foreign: 'everybody',
    anonymous: 'everybody',
    bad: () => badIds('id'),
  },
  createTemplate: {
    args: ({ user }) => [{ name: randomUUID(), workflow_data: data, created_by: user.id }],
    table: 'workflow_templates',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: () => [
      [[], 'new'],
      [[{ workflow_data: data }], 'name'],
      [[{ name: 'x' }], 'workflow_data'],
      [[{ name: 'x', workflow_data: null }], 'workflow_data'],
      [[{ name: 'x', workflow_data: data, rating: Infinity }], 'rating'],
    ],
  },
  updateTemplate: {
    args: ({ template }) => [template.id, { category: 'video', description: 'x' }],
    table: 'workflow_templates',
    target: ({ template }) => template.id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: ({ template: { id } }) => [
      ...badIds('id', [{ category: 'x' }]),
      ...badPatches(id, { name: [null, 5], workflow_data: [[Infinity], null], usage_count: [0.5] }),
    ],
  },
  deleteTemplate: {
    args: ({ template }) => [template.id],
    table: 'workflow_templates',
    target: ({ template }) => template.id,
    missing: DONE,
    foreign: DONE,
    anonymous: DONE,
    bad: () => badIds('id'),
  },
  getSavedTemplates: {
    args: ({ user }) => [user.id],
    table: 'saved_templates',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: () => badIds('userId'),
  },
  saveTemplate: {
    args: ({ user, template }) => [user.id, template.id],
    table: 'saved_templates',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: () => [...badIds('userId', [randomUUID()]), ...badSecondIds()],
  },
  unsaveTemplate: {
    args: ({ user, savedTemplate }) => [user.id, savedTemplate.id],
    table: 'saved_templates',
    target: ({ saved }) => saved.id,
    missing: DONE,
    foreign: DONE,
    anonymous: DONE,
    bad: () => [...badIds('userId', [randomUUID()]), ...badSecondIds()],
  },
  getFavorites: {
    args: ({ user }) => [user.id],
    table: 'workflow_favorites',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: () => badIds('userId'),
  },
  addFavorite: {
    args: ({ user, workflow }) => [user.id, workflow.id],
    table: 'workflow_favorites',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: () => [...badIds('userId', [randomUUID()]), ...badSecondIds('workflowId')],
  },
  removeFavorite: {
    args: ({ user, marked }) => [user.id, marked.id],
    table: 'workflow_favorites',
    target: ({ favorite }) => favorite.id,
    missing: DONE,
    foreign: DONE,
    anonymous: DONE,
    bad: () => [...badIds('userId', [randomUUID()]), ...badSecondIds('workflowId')],
  },
  getAuditLogs: {
    args: ({ user }) => [user.id],
    table: 'audit_logs',
    missing: EMPTY_AUDIT,
    foreign: EMPTY_AUDIT,
    anonymous: EMPTY_AUDIT,
    bad: ({ user }) => [
      [['x'], 'userId'],
      [[user.id, 0], 'limit'],
      [[user.id, 5, -1], 'offset'],
      [[{ userId: user.id, action: 5 }], 'action'],
      [[{ userId: user.id, resourceType: '' }], 'resourceType'],
      [[{ userId: user.id, endDate: 'soon' }], 'endDate'],
      [[{ userId: user.id, ip: '::1' }], 'ip'],
    ],
  },
};
