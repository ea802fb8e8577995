import { useMemo } from 'react';
import { cacheKeys } from '../keys.js';
import type { BrandSettings, BrandSettingsPatch } from '../types.js';
import type { ReadState } from './results.js';
import { useSettingsRow, type SettingsSpec } from './use-settings-row.js';

export interface UseBrandSettingsResult extends ReadState {
  /** The row, or the defaults with an empty `id` if there is none; null until that is known. */
  settings: BrandSettings | null;
  /** Whether a write is in flight. */
  isSaving: boolean;
  /** Optimistic; rolled back on failure. The first save also writes the defaults. */
  updateBrandSettings: (patch: BrandSettingsPatch) => Promise<BrandSettings>;
  /** Writes the initial values. */
  resetBrandSettings: () => Promise<BrandSettings>;
}

const DEFAULTS = {
  brand_name: null,
  primary_color: null,
  secondary_color: null,
  accent_color: null,
  logo_url: null,
  font_family: 'Inter',
  font_size_base: 16,
  border_radius: 8,
  brand_voice: null,
  tagline: null,
};

const INITIAL = {
  ...DEFAULTS,
  primary_color: '#000000',
  secondary_color: '#ffffff',
  accent_color: '#0066cc',
  brand_voice: 'professional',
};

const SPEC: SettingsSpec<'brand_settings', BrandSettingsPatch> = {
  table: 'brand_settings',
  keyOf: cacheKeys.brandSettings,
  read: (db, userId) => db.getBrandSettings(userId),
  save: (db, userId, patch) => db.upsertBrandSettings(userId, patch),
  defaults: () => DEFAULTS,
  initial: () => INITIAL,
};

/**
 * A user's brand settings, kept up to date. With an empty `userId` nothing is read.
 *
 * @example
 * ```tsx
 * function Brand({ userId }: { userId: string }) {
 *   const { settings, isSaving, error, updateBrandSettings, resetBrandSettings } = useBrandSettings(userId);
 *   if (!settings) return <p>Loading…</p>;
 *   return (
 *     <fieldset disabled={isSaving}>
 *       <input
 *         type="color"
 *         value={settings.primary_color ?? '#000000'}
 *         onChange={(event) => updateBrandSettings({ primary_color: event.target.value }).catch(() => {})}
 *       />
 *       <button onClick={() => resetBrandSettings().catch(() => {})}>Reset</button>
 *       {error && <p role="alert">{error.message}</p>}
 *     </fieldset>
 *   );
 * }
 * ```
 */
export function useBrandSettings(userId: string): UseBrandSettingsResult {
  const { settings, isSaving, loading, error, isFetching, update, reset } = useSettingsRow(SPEC, userId);
  return useMemo(
    () => ({
      ...{ settings, loading, error, isFetching, isSaving },
      ...{ updateBrandSettings: update, resetBrandSettings: reset },
    }),
    [settings, loading, error, isFetching, isSaving, update, reset],
  );
}
