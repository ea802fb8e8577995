import { DatabaseError } from '../errors.js';
import { uuid } from '../generated/bind.js';
import type { SocketConstructor } from '../socket-driver.js';
import {
  loadEngine,
  type OfflineEngine,
  type OutboxRecord,
  type Sent,
  type Stepped,
  type Steps,
  type View,
} from './engine.js';
import { FlushDriver } from './flush.js';
import type { Host, Plan } from './host.js';
import { Leadership } from './leadership.js';
import { eraseAll, Persistence, type Limits } from './persist.js';
import { isQuotaExceeded, orderOf, type AnyTransaction, type Storage, type Transaction } from './storage.js';
import { SharedSockets, type SocketMessage } from './shared-sockets.js';
import type { Tabs } from './tabs.js';
import { enter, lastUserOf, type OnSignOut } from './users.js';
import type { View as ViewOfClient } from './view.js';

/** What is shown of an empty outbox. */
export const NOTHING: View = {
  overlays: [],
  status: { pending: 0, failed: 0, blocked: 0, isSending: false, entries: [] },
};

/** What a session works with. */
export interface Surroundings {
  readonly settings: Limits & { readonly onSignOut: OnSignOut };
  readonly storage: Storage;
  readonly host: Host;
  readonly tabs: Tabs;
  /** Shows the waiting writes. */
  readonly view: Pick<ViewOfClient, 'setOverlays'>;
  readonly onChange: () => void;
  /** The constructor of real sockets; undefined where there is none. */
  readonly Socket: SocketConstructor | undefined;
}

/** What one signed-in user has on disk. It ends when another user signs in. */
export class Session {
  readonly scope: string;
  readonly persistence: Persistence;
  readonly flush: FlushDriver;
  isOver = false;
  /** What is shown of the outbox. */
  view = NOTHING;
  /** The realtime socket that this user's tabs share; undefined where tabs or sockets are missing. */
  readonly sockets: SharedSockets | undefined;
  private readonly leadership: Leadership;
  private starting: Promise<void> | undefined;
  /** The number of times that the outbox was read, and the one that is shown. */
  private reads = 0;
  private shownRead = 0;

  constructor(
    readonly userId: string,
    private readonly surroundings: Surroundings,
  ) {
    const { settings, storage, host, tabs, onChange, Socket } = surroundings;
    this.scope = `${host.url} ${userId}`;
    const mayWrite = async (transaction: Transaction<'readwrite'>) =>
      (await lastUserOf(transaction, host.url)) === userId;
    this.persistence = new Persistence(storage, host, this.scope, settings, mayWrite);
    this.flush = new FlushDriver(this, host, onChange);
    if (Socket !== undefined && tabs.isOpen) {
      const tell = (message: SocketMessage) => tabs.tell(this.scope, { type: 'socket', message });
      this.sockets = new SharedSockets(uuid(), tell, Socket);
    }
    this.leadership = new Leadership(`workflow-db:${storage.name}:${this.scope}`, storage, (isLeader) => {
      this.flush.setLeader(isLeader);
      this.sockets?.setLeader(isLeader);
    });
    this.resume();
  }

  /** Resolves when the rows of other users are erased, and the pending writes are shown. */
  ready(): Promise<void> {
    this.starting ??= this.start().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  private async start(): Promise<void> {
    const { storage, host, settings } = this.surroundings;
    await enter(storage, host.url, this.userId, settings.onSignOut, () => !this.isOver);
    await this.refresh();
    if (!this.isOver) this.leadership.seek();
  }

  /** Shows the outbox as it is on disk. */
  async refresh(): Promise<void> {
    const { records, read } = await this.surroundings.storage.read(['outbox'], (transaction) =>
      this.records(transaction),
    );
    this.show(records, read, records.length > 0 ? await loadEngine() : undefined);
  }

  /** Resolves when the write is on disk. */
  async enqueue(plan: Plan): Promise<void> {
    const input = { plan, id: uuid(), scope: this.scope, now: Date.now() };
    try {
      await this.step('enqueue', input);
    } catch (error) {
      if (!isQuotaExceeded(error)) throw error;
      // Rows can be read again from the server, this write cannot.
      await eraseAll(this.surroundings.storage);
      await this.step('enqueue', input);
    }
    this.surroundings.storage.succeeded();
  }

  /** Whether the provider's token is this user's. Rejects if it cannot answer. */
  async isSignedIn(): Promise<boolean> {
    // If it is another user's, this session is over after that.
    await this.surroundings.host.accessToken();
    return !this.isOver;
  }

  /** Sends a write, unless another user is signed in by now. */
  async send(plan: Plan, isResent: boolean): Promise<unknown> {
    const { host } = this.surroundings;
    const isOther = (host.userId() ?? this.userId) !== this.userId;
    if (this.isOver || isOther) throw new DatabaseError('ABORTED', 'The user has changed');
    return host.send(plan, isResent);
  }

  async begin(): Promise<Sent | null> {
    return this.step('begin', null, {
      isAllowed: (transaction) => this.leadership.confirm(transaction),
      otherwise: null,
    });
  }

  /** Performs a step of the outbox in one transaction, and shows what came of it. */
  async step<Name extends keyof Steps>(
    name: Name,
    input: Steps[Name][0],
    condition?: Condition<Steps[Name][1]>,
  ): Promise<Steps[Name][1]> {
    const engine = await loadEngine();
    const { stepped, records, read } = await this.surroundings.storage.write(
      ['outbox', 'meta'],
      async (transaction) => {
        const before = await this.records(transaction);
        const isAllowed = condition === undefined || (await condition.isAllowed(transaction));
        if (!isAllowed) return { ...before, stepped: { puts: [], deletes: [], result: condition.otherwise } };
        const stepped = engine.step(before.records, name, input);
        await apply(transaction, stepped);
        return { ...before, stepped };
      },
    );
    if (stepped.puts.length + stepped.deletes.length > 0) {
      this.show(after(records, stepped), read, engine);
      this.surroundings.tabs.tell(this.scope, { type: 'outbox' });
    }
    return stepped.result;
  }

  /** Another tab may send from now on, such as while this page is frozen. */
  pause(): void {
    this.leadership.resign();
  }

  /** Reads everything again: other tabs may have changed it, or erased it. */
  resume(): void {
    this.starting = undefined;
    this.ready().catch(() => {});
  }

  end(): void {
    this.isOver = true;
    this.persistence.end();
    this.flush.end();
    this.leadership.resign();
    this.sockets?.end();
  }

  private async records(transaction: AnyTransaction): Promise<{ records: OutboxRecord[]; read: number }> {
    const records = await transaction.objectStore('outbox').index('order').getAll(orderOf(this.scope));
    return { records, read: ++this.reads };
  }

  private show(records: readonly OutboxRecord[], read: number, engine: OfflineEngine | undefined): void {
    // Transactions end in their order, but what comes after them may not.
    if (this.isOver || read < this.shownRead) return;
    this.shownRead = read;
    this.view = engine && records.length > 0 ? engine.view(records) : NOTHING;
    this.surroundings.view.setOverlays(this.view.overlays);
    this.flush.setPending(this.view.status.pending);
    this.surroundings.onChange();
  }
}

/** What a step depends on besides its input, and its result if that does not hold. */
interface Condition<Result> {
  isAllowed(transaction: Transaction<'readwrite'>): Promise<boolean>;
  readonly otherwise: Result;
}

type Changes = Pick<Stepped<unknown>, 'puts' | 'deletes'>;

async function apply(transaction: Transaction<'readwrite'>, { puts, deletes }: Changes): Promise<void> {
  const store = transaction.objectStore('outbox');
  await Promise.all([...puts.map((put) => store.put(put)), ...deletes.map((id) => store.delete(id))]);
}

function after(records: readonly OutboxRecord[], { puts, deletes }: Changes): OutboxRecord[] {
  const gone = new Set([...deletes, ...puts.map(({ id }) => id)]);
  return [...records.filter(({ id }) => !gone.has(id)), ...puts];
}
