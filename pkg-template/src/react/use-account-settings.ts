import { useMemo } from 'react';
import { cacheKeys } from '../keys.js';
import type { AccountSettings, AccountSettingsPatch, Theme } from '../types.js';
import type { ReadState } from './results.js';
import { useSettingsRow, type SettingsSpec } from './use-settings-row.js';

export interface UseAccountSettingsResult extends ReadState {
  /** The row, or the defaults with an empty `id` if there is none; null until that is known. */
  settings: AccountSettings | null;
  /** Whether a write is in flight. */
  isSaving: boolean;
  /** Optimistic; rolled back on failure. The first save also writes the defaults. */
  updateAccountSettings: (patch: AccountSettingsPatch) => Promise<AccountSettings>;
  /** Writes the defaults. */
  resetAccountSettings: () => Promise<AccountSettings>;
}

function defaults() {
  const theme: Theme = 'auto';
  return {
    theme,
    notifications_enabled: true,
    email_on_completion: true,
    email_on_error: true,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
    language: navigator.language || 'en',
  };
}

const SPEC: SettingsSpec<'account_settings', AccountSettingsPatch> = {
  table: 'account_settings',
  keyOf: cacheKeys.accountSettings,
  read: (db, userId) => db.getAccountSettings(userId),
  save: (db, userId, patch) => db.upsertAccountSettings(userId, patch),
  defaults,
  initial: defaults,
};

/**
 * A user's account settings, kept up to date. The defaults are the browser's time zone and language. With an empty
 * `userId` nothing is read.
 *
 * @example
 * ```tsx
 * function Preferences({ userId }: { userId: string }) {
 *   const { settings, isSaving, updateAccountSettings } = useAccountSettings(userId);
 *   if (!settings) return <p>Loading…</p>;
 *   return (
 *     <label>
 *       <input
 *         type="checkbox"
 *         disabled={isSaving}
 *         checked={settings.notifications_enabled}
 *         onChange={(event) => updateAccountSettings({ notifications_enabled: event.target.checked }).catch(() => {})}
 *       />
 *       Notify me
 *     </label>
 *   );
 * }
 * ```
 */
export function useAccountSettings(userId: string): UseAccountSettingsResult {
  const { settings, isSaving, loading, error, isFetching, update, reset } = useSettingsRow(SPEC, userId);
  return useMemo(
    () => ({
      ...{ settings, loading, error, isFetching, isSaving },
      ...{ updateAccountSettings: update, resetAccountSettings: reset },
    }),
    [settings, loading, error, isFetching, isSaving, update, reset],
  );
}
