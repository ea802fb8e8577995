// @ts-check
import { randomUUID } from 'node:crypto';
import { DONE, FORBIDDEN, NOT_FOUND, badIds, badIdsIn, badPatches } from './promised.mjs';

/** @type {(rest?: unknown[]) => [unknown[], string][]} */
const badServices = (rest = []) =>
  [undefined, null, 7, '', {}, 'a\0'].map((service) => [[randomUUID(), service, ...rest], 'service']);

/** Values that the columns of settings refuse. @param {Record<string, unknown[]>} wrong @returns {[unknown[], string][]} */
const badSettings = (wrong) => [
  ...badIds('userId', [{}]),
  [[randomUUID()], 'patch'],
  [[randomUUID(), null], 'patch'],
  [[randomUUID(), { colour: 1 }], 'colour'],
  [[randomUUID(), { user_id: randomUUID() }], 'user_id'],
  .../** @type {[unknown[], string][]} */ (
    Object.entries(wrong).flatMap(([column, values]) =>
      values.map((value) => [[randomUUID(), { [column]: value }], column]),
    )
  ),
];

/** @type {Record<string, import('./promised.mjs').Promised>} */
export const ACCOUNT = {
  getApiKeys: {
    args: ({ user }) => [user.id],
    table: 'api_keys',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: () => badIds('userId'),
  },
  getApiKeysPublic: {
    args: ({ user }) => [user.id],
    table: 'api_keys',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: () => badIds('userId'),
  },
  getApiKey: {
    args: ({ user, apiKey }) => [user.id, apiKey.service_name],
    table: 'api_keys',
    missing: null,
    foreign: null,
    anonymous: null,
    bad: () => [...badIds('userId', ['x']), ...badServices(), [[randomUUID(), 'x'.repeat(8_000)], 'service']],
  },
  createApiKey: {
    args: ({ user }) => [{ user_id: user.id, service_name: randomUUID(), encrypted_key: 'k' }],
    table: 'api_keys',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: ({ user }) => [
      ...badIdsIn((user_id) => ({ user_id, service_name: 'x', encrypted_key: 'k' }), 'user_id'),
      [[{ user_id: user.id, encrypted_key: 'k' }], 'service_name'],
      [[{ user_id: user.id, service_name: 'x' }], 'encrypted_key'],
      [[{ user_id: user.id, service_name: 'x', encrypted_key: 'k', gateway_type: 'other' }], 'gateway_type'],
    ],
  },
  updateApiKey: {
    args: ({ apiKey }) => [apiKey.id, { is_master_key: true, gateway_type: 'together' }],
    table: 'api_keys',
    target: ({ apiKey }) => apiKey.id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: ({ apiKey: { id } }) => [
      ...badIds('id', [{ is_active: true }]),
      ...badPatches(id, { encrypted_key: [null, 5], is_active: ['yes'], last_used_at: ['today'] }),
    ],
  },
  deleteApiKey: {
    args: ({ apiKey, user }) => [apiKey.id, user.id],
    table: 'api_keys',
    target: ({ apiKey }) => apiKey.id,
    missing: DONE,
    foreign: DONE,
    anonymous: DONE,
    bad: ({ apiKey: { id } }) => [...badIds('id', [randomUUID()]), [[id], 'userId'], [[id, 'x'], 'userId']],
  },
  getBrandSettings: {
    args: ({ user }) => [user.id],
    table: 'brand_settings',
    missing: null,
    foreign: null,
    anonymous: null,
    bad: () => badIds('userId'),
  },
  upsertBrandSettings: {
    args: ({ user }) => [user.id, { tagline: randomUUID(), font_size_base: 18 }],
    table: 'brand_settings',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: () => badSettings({ font_size_base: ['16', 1.5, NaN], tagline: [5, 'a\0'] }),
  },
  getAccountSettings: {
    args: ({ user }) => [user.id],
    table: 'account_settings',
    missing: null,
    foreign: null,
    anonymous: null,
    bad: () => badIds('userId'),
  },
  upsertAccountSettings: {
    args: ({ user }) => [user.id, { theme: 'dark', email_on_error: false }],
    table: 'account_settings',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: () => badSettings({ theme: ['blue', 5], notifications_enabled: ['yes', 1] }),
  },
  getIntegrations: {
    args: ({ user }) => [user.id],
    table: 'integrations',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: () => badIds('userId'),
  },
  getIntegration: {
    args: ({ user, integration }) => [user.id, integration.service_name],
    table: 'integrations',
    missing: null,
    foreign: null,
    anonymous: null,
    bad: () => [...badIds('userId', ['x']), ...badServices()],
  },
  upsertIntegration: {
    args: ({ user, integration }) => [user.id, integration.service_name, { is_connected: true }],
    table: 'integrations',
    target: ({ integration }) => integration.id,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: () => [
      ...badIds('userId', ['x', {}]),
      ...badServices([{}]),
      [[randomUUID(), 'x'], 'patch'],
      [[randomUUID(), 'x', { is_connected: 1 }], 'is_connected'],
      [[randomUUID(), 'x', { metadata: [NaN] }], 'metadata'],
    ],
  },
  deleteIntegration: {
    args: ({ user, integration }) => [user.id, integration.service_name],
    table: 'integrations',
    target: ({ integration }) => integration.id,
    missing: DONE,
    foreign: DONE,
    anonymous: DONE,
    bad: () => [...badIds('userId', ['x']), ...badServices(), [[randomUUID(), 'é'.repeat(2_000)], 'service']],
  },
};
