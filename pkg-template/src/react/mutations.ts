import { useMemo, useSyncExternalStore } from 'react';
import type { DatabaseClient } from '../client.js';
import type { Db } from '../db.js';
import type { DatabaseError } from '../errors.js';
import type { TableName } from '../realtime-types.js';
import { toDatabaseError } from './errors.js';
import { overlaysOf, type Change } from './overlays.js';
import { useClient } from './provider.js';

/** The writes of one component: whether some are under way, and why the last one failed. */
export class Mutations {
  private readonly listeners = new Set<() => void>();
  private error: DatabaseError | null = null;
  private underWay = 0;

  constructor(private readonly client: DatabaseClient) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly isSaving = (): boolean => this.underWay > 0;

  readonly lastError = (): DatabaseError | null => this.error;

  forgetError(): void {
    this.tell(null);
  }

  /** Writes. Until that has ended, `change` is shown over what is stored. Rejects with a DatabaseError. */
  async run<T, Table extends TableName>(write: (db: Db) => Promise<T>, change?: Change<Table>): Promise<T> {
    const endOverlay = change && overlaysOf(this.client).add(change);
    this.underWay += 1;
    this.tell(null);
    let error: DatabaseError | null = null;
    try {
      return await write(this.client.db);
    } catch (thrown) {
      error = toDatabaseError(thrown);
      throw error;
    } finally {
      this.underWay -= 1;
      endOverlay?.(error === null);
      this.tell(error ?? this.error);
    }
  }

  private tell(error: DatabaseError | null): void {
    this.error = error;
    this.listeners.forEach((listener) => listener());
  }
}

/** Writes about one subject. Those about another one start anew: an old one's failure does not show there. */
export function useMutations(subject: string): [DatabaseError | null, Mutations] {
  const client = useClient();
  const mutations = useMemo(() => new Mutations(client), [client, subject]);
  const error = useSyncExternalStore(mutations.subscribe, mutations.lastError, mutations.lastError);
  return [error, mutations];
}

/** Whether a write is under way: only who shows it is rendered for it. */
export function useIsSaving({ subscribe, isSaving }: Mutations): boolean {
  return useSyncExternalStore(subscribe, isSaving, isSaving);
}
