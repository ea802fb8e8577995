import { useCallback, useMemo } from 'react';
import { invalid } from '../errors.js';
import { cacheKeys } from '../keys.js';
import type { ApiKey, ApiKeyPatch, NewApiKey } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { useIsSaving, useMutations } from './mutations.js';
import { deleting, onRow, patching } from './overlays.js';
import { useIsLive, type LiveOptions } from './provider.js';
import type { ReadState } from './results.js';
import { useQuery, useRefresh } from './use-query.js';

export type UseApiKeysOptions = LiveOptions;

type OwnApiKey = Omit<NewApiKey, 'user_id'> & { user_id?: string };

export interface UseApiKeysResult extends ReadState {
  /** The active keys with their secrets; empty until they are read. */
  keys: ApiKey[];
  /** Whether a write is in flight. */
  isSaving: boolean;
  createApiKey: (key: OwnApiKey) => Promise<ApiKey>;
  /** Optimistic; rolled back on failure. */
  updateApiKey: (id: string, patch: ApiKeyPatch) => Promise<ApiKey>;
  /** Optimistic; rolled back on failure. */
  deleteApiKey: (id: string) => Promise<void>;
  /** The shown key of a service. */
  getKeyByService: (service: string) => ApiKey | undefined;
  /** The shown key that is used for all services. */
  getMasterKey: () => ApiKey | undefined;
  /** Asks the server. Never rejects; errors are in `error`. */
  refreshApiKeys: () => Promise<void>;
}

const NONE: ApiKey[] = [];
const isActive = (key: ApiKey) => key.is_active;

/**
 * A user's active API keys, kept up to date. With an empty `userId` nothing is read.
 *
 * `getKeyByService` and `getMasterKey` search the shown keys. They are new functions whenever those change.
 *
 * @example
 * ```tsx
 * function Keys({ userId }: { userId: string }) {
 *   const { keys, isSaving, error, createApiKey, deleteApiKey, getMasterKey } = useApiKeys(userId);
 *   return (
 *     <>
 *       {error && <p role="alert">{error.message}</p>}
 *       <p>{getMasterKey() ? 'There is a master key.' : 'There is no master key.'}</p>
 *       <ul>
 *         {keys.map((key) => (
 *           <li key={key.id}>
 *             {key.service_name} <button onClick={() => deleteApiKey(key.id).catch(() => {})}>Delete</button>
 *           </li>
 *         ))}
 *       </ul>
 *       <button
 *         disabled={isSaving}
 *         onClick={() => createApiKey({ service_name: 'openai', encrypted_key: '…' }).catch(() => {})}
 *       >
 *         Add
 *       </button>
 *     </>
 *   );
 * }
 * ```
 */
export function useApiKeys(userId: string, options: UseApiKeysOptions = {}): UseApiKeysResult {
  userId = idOf(userId);
  const key = userId && cacheKeys.apiKeys(userId);
  const [state, query] = useQuery<ApiKey[]>(
    {
      key,
      read: (db) => db.getApiKeys(userId),
      show: (keys, overlays) => {
        const rows = overlays.rows('api_keys', keys);
        return rows.every(isActive) ? rows : rows.filter(isActive);
      },
    },
    options,
  );
  const [writeError, mutations] = useMutations(key);
  useLive('api_keys', userId, state, useIsLive(options));

  const actions = useMemo(
    () => ({
      createApiKey: (apiKey: OwnApiKey) => mutations.run((db) => db.createApiKey(ownedBy(userId, apiKey))),
      updateApiKey: (id: string, patch: ApiKeyPatch) =>
        mutations.run((db) => db.updateApiKey(id, patch), onRow('api_keys', id, patching(patch))),
      deleteApiKey: (id: string) =>
        mutations.run((db) => db.deleteApiKey(id, userId), onRow('api_keys', id, deleting)),
    }),
    [mutations, userId],
  );
  const refreshApiKeys = useRefresh([query], mutations);
  const { data: keys = NONE, loading, isFetching } = state;
  const isSaving = useIsSaving(mutations);
  const error = writeError ?? state.error;
  const getKeyByService = useCallback(
    (service: string) => keys.find((apiKey) => apiKey.service_name === service),
    [keys],
  );
  const getMasterKey = useCallback(() => keys.find((apiKey) => apiKey.is_master_key), [keys]);
  return useMemo(
    () => ({
      ...{ keys, loading, error, isFetching, isSaving },
      ...actions,
      ...{ getKeyByService, getMasterKey, refreshApiKeys },
    }),
    [keys, loading, error, isFetching, isSaving, actions, getKeyByService, getMasterKey, refreshApiKeys],
  );
}

function ownedBy(userId: string, apiKey: OwnApiKey): NewApiKey {
  // If the key is missing, the write rejects it.
  const { user_id = userId } = apiKey ?? {};
  if (idOf(user_id) !== userId) throw invalid('user_id', 'the id of the user');
  return { ...apiKey, user_id };
}
