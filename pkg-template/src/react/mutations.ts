import { useMemo, useSyncExternalStore } from 'react';
import { inspectorOf, type DatabaseClient } from '../client.js';
import type { Db } from '../db.js';
import type { DatabaseError } from '../errors.js';
import type { Attached } from '../offline-part.js';
import type { TableName } from '../realtime-types.js';
import { toDatabaseError } from './errors.js';
import { overlaysOf, type Change, type Overlays } from './overlays.js';
import { useClient } from './provider.js';

/** The writes of one component: whether any are in flight, and why the last one failed. */
export class Mutations {
  private readonly overlays: Overlays;
  private readonly listeners = new Set<() => void>();
  /** The user that the error belongs to. */
  private generation = 0;
  private error: DatabaseError | null = null;
  private underWay = 0;

  constructor(private readonly client: DatabaseClient) {
    this.overlays = overlaysOf(client);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly isSaving = (): boolean => this.underWay > 0;

  /** The message may quote a row, so another user must not see it. */
  readonly lastError = (): DatabaseError | null =>
    this.generation === this.overlays.generation ? this.error : null;

  forgetError(): void {
    this.tell(null);
  }

  /**
   * Runs a write. While it is in flight, `change` is shown on top of the stored rows. Rejects with a DatabaseError.
   *
   * @param write `isQueued`: the write waits in the outbox, and must not wait for the server before that
   */
  async run<T, Table extends TableName>(
    write: (db: Db, isQueued: boolean) => Promise<T>,
    change?: Change<Table>,
  ): Promise<T> {
    const { overlays } = this;
    const { generation } = overlays;
    const endOverlay = overlays.add(change);
    const offline = inspectorOf(this.client)?.offline;
    const ownWrite = offline
      ? async () => write(...(await writingDb(this.client, offline)))
      : () => write(this.client.db, false);
    this.underWay += 1;
    this.tell(null);
    let error: DatabaseError | null = null;
    try {
      return await (change === undefined ? ownWrite() : overlays.inTurn(change, ownWrite));
    } catch (thrown) {
      error = toDatabaseError(thrown);
      throw error;
    } finally {
      this.underWay -= 1;
      endOverlay(error === null);
      if (generation !== overlays.generation) error = null;
      this.tell(error ?? this.lastError());
    }
  }

  private tell(error: DatabaseError | null): void {
    this.error = error;
    this.generation = this.overlays.generation;
    this.listeners.forEach((listener) => listener());
  }
}

/** The functions that write. If writes can be kept beyond the page, they resolve as soon as the write is stored. */
async function writingDb({ db }: DatabaseClient, offline: Attached): Promise<[db: Db, isQueued: boolean]> {
  return (await offline.isUsable()) ? [{ ...db, ...db.with({ queue: true }) }, true] : [db, false];
}

/** The writes concerning one subject. A new subject starts without an earlier error. */
export function useMutations(subject: string): [DatabaseError | null, Mutations] {
  const client = useClient();
  const mutations = useMemo(() => new Mutations(client), [client, subject]);
  const error = useSyncExternalStore(mutations.subscribe, mutations.lastError, mutations.lastError);
  return [error, mutations];
}

/** Whether a write is in flight. Only components that use it re-render for it. */
export function useIsSaving({ subscribe, isSaving }: Mutations): boolean {
  return useSyncExternalStore(subscribe, isSaving, isSaving);
}
