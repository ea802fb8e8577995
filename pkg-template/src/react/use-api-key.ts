import { useMemo } from 'react';
import type { Db } from '../db.js';
import { DatabaseError } from '../errors.js';
import { cacheKeys } from '../keys.js';
import type { ApiKey, ApiKeyPatch } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { useIsSaving, useMutations } from './mutations.js';
import { deleting, patching, type Change, type Overlays } from './overlays.js';
import type { ReadState } from './results.js';
import { useQuery } from './use-query.js';

export interface UseApiKeyResult extends ReadState {
  /** The active key; null if there is none, or until it is read. */
  key: ApiKey | null;
  /** Whether a write is in flight. */
  isSaving: boolean;
  /** Optimistic; rolled back on failure. Rejects with NOT_FOUND if there is no active key. */
  updateApiKey: (patch: ApiKeyPatch) => Promise<ApiKey>;
  /** Optimistic; rolled back on failure. */
  deleteApiKey: () => Promise<void>;
}

/** A key that is being disabled disappears immediately. */
function show(row: ApiKey | null, overlays: Overlays): ApiKey | null {
  const shown = row && overlays.row('api_keys', row);
  return shown?.is_active ? shown : null;
}

/**
 * A user's active API key for one service, kept up to date. With an empty `userId` or `serviceName` nothing is read.
 *
 * @example
 * ```tsx
 * function OpenAiKey({ userId }: { userId: string }) {
 *   const { key, loading, isSaving, updateApiKey, deleteApiKey } = useApiKey(userId, 'openai');
 *   if (loading) return <p>Loading…</p>;
 *   if (!key) return <p>No key yet.</p>;
 *   return (
 *     <fieldset disabled={isSaving}>
 *       <button onClick={() => updateApiKey({ is_active: false }).catch(() => {})}>Disable</button>
 *       <button onClick={() => deleteApiKey().catch(() => {})}>Delete</button>
 *     </fieldset>
 *   );
 * }
 * ```
 */
export function useApiKey(userId: string, serviceName: string): UseApiKeyResult {
  userId = idOf(userId);
  const entry = userId && serviceName ? cacheKeys.apiKey(userId, serviceName) : '';
  const [state] = useQuery<ApiKey | null>({
    key: entry,
    read: (db) => db.getApiKey(userId, serviceName),
    show,
  });
  const [writeError, mutations] = useMutations(entry);
  useLive('api_keys', entry && userId, state);

  const actions = useMemo(() => {
    const find = (db: Db) => db.getApiKey(userId, serviceName);
    const change = (effect: Change<'api_keys'>['effect']): Change<'api_keys'> => {
      return { table: 'api_keys', rows: { user_id: userId, service_name: serviceName }, effect };
    };
    const update = async (db: Db, patch: ApiKeyPatch) => {
      const row = await find(db);
      if (row === null) throw new DatabaseError('NOT_FOUND', 'There is no key for this service');
      return db.updateApiKey(row.id, patch);
    };
    const remove = async (db: Db) => {
      const row = await find(db);
      if (row !== null) await db.deleteApiKey(row.id, userId);
    };
    return {
      updateApiKey: (patch: ApiKeyPatch) => mutations.run((db) => update(db, patch), change(patching(patch))),
      deleteApiKey: () => mutations.run(remove, change(deleting)),
    };
  }, [mutations, userId, serviceName]);
  const { data: key = null, loading, isFetching } = state;
  const isSaving = useIsSaving(mutations);
  const error = writeError ?? state.error;
  return useMemo(
    () => ({ key, loading, error, isFetching, isSaving, ...actions }),
    [key, loading, error, isFetching, isSaving, actions],
  );
}
