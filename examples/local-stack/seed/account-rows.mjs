// @ts-check
import { daysBefore } from './time.mjs';
import { USERS } from './users.mjs';

const [ada, grace] = USERS.map(({ id }) => id);

/**
 * Keys, integrations and settings of the two accounts. The secrets are random digits.
 *
 * @param {import('./random.mjs').Random} random
 * @param {Date} now
 */
export function accountRows(random, now) {
  const at = (/** @type {number} */ days) => ({
    created_at: daysBefore(now, days),
    updated_at: daysBefore(now, days / 3),
  });
  const key = (
    /** @type {string} */ owner,
    /** @type {string} */ service,
    /** @type {object} */ more = {},
  ) => ({
    id: random.uuid(),
    user_id: owner,
    service_name: service,
    encrypted_key: `enc:v1:${random.hex(48)}`,
    is_master_key: false,
    gateway_type: null,
    gateway_endpoint: null,
    last_used_at: daysBefore(now, random.next() * 3),
    is_active: true,
    ...at(random.int(20, 60)),
    ...more,
  });
  const integration = (
    /** @type {string} */ owner,
    /** @type {string} */ service,
    /** @type {boolean} */ isConnected,
    /** @type {object} */ metadata,
  ) => ({
    id: random.uuid(),
    user_id: owner,
    service_name: service,
    is_connected: isConnected,
    encrypted_token: isConnected ? `enc:v1:${random.hex(48)}` : null,
    metadata,
    last_verified_at: isConnected ? daysBefore(now, random.next() * 7) : null,
    ...at(random.int(10, 50)),
  });

  return {
    api_keys: [
      key(ada, 'together', {
        is_master_key: true,
        gateway_type: 'together',
        gateway_endpoint: 'https://gateway.example.com/together',
      }),
      key(ada, 'replicate', { gateway_type: 'replicate' }),
      key(ada, 'elevenlabs'),
      key(ada, 'runway', { is_active: false, last_used_at: daysBefore(now, 33) }),
      key(grace, 'custom-gateway', {
        is_master_key: true,
        gateway_type: 'custom',
        gateway_endpoint: 'https://llm.example.com/v1',
      }),
      key(grace, 'replicate', { gateway_type: 'replicate' }),
      key(grace, 'kling'),
    ],
    integrations: [
      integration(ada, 'slack', true, { channel: '#launches', workspace: 'northlight' }),
      integration(ada, 'google_drive', true, { folder: 'Campaigns' }),
      integration(ada, 'meta_ads', false, {}),
      integration(grace, 'figma', true, { team: 'Brand' }),
      integration(grace, 'mailchimp', true, { audience: 'Thursday list' }),
    ],
    brand_settings: [
      {
        id: random.uuid(),
        user_id: ada,
        brand_name: 'Northlight',
        primary_color: '#14213d',
        secondary_color: '#e5e5e5',
        accent_color: '#fca311',
        logo_url: 'https://assets.example.com/northlight.svg',
        font_family: 'Inter',
        font_size_base: 16,
        border_radius: 8,
        brand_voice: 'confident, warm, brief',
        tagline: 'Light where it matters',
        ...at(58),
      },
      {
        id: random.uuid(),
        user_id: grace,
        brand_name: 'Fjord & Co',
        primary_color: '#1b4965',
        secondary_color: '#bee9e8',
        accent_color: '#ff6b35',
        logo_url: 'https://assets.example.com/fjord.svg',
        font_family: 'Work Sans',
        font_size_base: 17,
        border_radius: 4,
        brand_voice: 'playful',
        tagline: null,
        ...at(52),
      },
    ],
    account_settings: [
      {
        id: random.uuid(),
        user_id: ada,
        theme: 'dark',
        timezone: 'Europe/London',
        language: 'en',
        ...at(60),
      },
      {
        id: random.uuid(),
        user_id: grace,
        theme: 'auto',
        timezone: 'Europe/Oslo',
        language: 'nb',
        ...at(54),
      },
    ].map((row) => ({
      ...row,
      notifications_enabled: true,
      email_on_completion: row.user_id === ada,
      email_on_error: true,
    })),
  };
}
