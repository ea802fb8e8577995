import { DatabaseError } from '../errors.js';
import { uuid } from '../generated/bind.js';
import type { SocketConstructor } from '../socket-driver.js';
import { loadEngine, type Sent, type Steps } from './engine.js';
import { FlushDriver } from './flush.js';
import type { Host, Plan } from './host.js';
import { Leadership } from './leadership.js';
import { eraseAll, Persistence, type Limits } from './persist.js';
import { isQuotaExceeded, type Storage, type Transaction } from './storage.js';
import { hasChanges, StoredOutbox } from './stored-outbox.js';
import { ShownWrites } from './shown-writes.js';
import { SharedSockets, type SocketMessage } from './shared-sockets.js';
import type { Tabs } from './tabs.js';
import { enter, eraseOthers, lastUserOf, type OnSignOut } from './users.js';
import type { View } from './view.js';

/** What takes no longer, in milliseconds, is shown at once. */
const QUICK_MS = 10;

/** What a session works with. */
export interface Surroundings {
  readonly settings: Limits & { readonly onSignOut: OnSignOut };
  readonly storage: Storage;
  readonly host: Host;
  readonly tabs: Tabs;
  /** Shows the waiting writes. */
  readonly view: Pick<View, 'changeOverlays'>;
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
  readonly writes = new ShownWrites();
  /** The realtime socket that this user's tabs share; undefined where tabs or sockets are missing. */
  readonly sockets: SharedSockets | undefined;
  private readonly leadership: Leadership;
  private starting: Promise<void> | undefined;
  /** Whether this user was already signed in when this starts again. */
  private isResumed = false;
  private readonly outbox: StoredOutbox;
  /** When changes are shown: if that takes long, not after each of many steps. */
  private showing: ReturnType<typeof setTimeout> | undefined;
  /** How long it took the last time, in milliseconds. */
  private shownMs = 0;
  /** The last reading of the outbox that another tab asked for, and whether one follows it. */
  private reading: Promise<void> = Promise.resolve();
  private isReadingNext = false;
  /** Called when the outbox has changed. */
  private waiting: (() => void)[] = [];

  /** @param left the user who was signed in in this tab before */
  constructor(
    readonly userId: string,
    private readonly left: string | undefined,
    private readonly surroundings: Surroundings,
  ) {
    const { settings, storage, host, tabs, onChange, Socket } = surroundings;
    this.scope = `${host.url} ${userId}`;
    this.outbox = new StoredOutbox(this.scope);
    const mayWrite = async (transaction: Transaction<'readwrite'>) =>
      (await lastUserOf(transaction, host.url)) === userId;
    this.persistence = new Persistence(storage, host, this.scope, settings, mayWrite);
    this.flush = new FlushDriver(this, host, onChange);
    if (Socket !== undefined && tabs.isOpen) {
      const tell = (message: SocketMessage) => tabs.tell(this.scope, { type: 'socket', message });
      this.sockets = new SharedSockets(uuid(), tell, Socket);
    }
    this.leadership = new Leadership(
      `workflow-db:${storage.name}:${this.scope}`,
      storage,
      (isLeader) => {
        this.flush.setLeader(isLeader);
        this.sockets?.setLeader(isLeader);
      },
      () => {
        // Other tabs cannot say that they changed the outbox.
        if (!tabs.isOpen) this.refresh().catch(() => {});
      },
    );
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
    const { storage, host, settings, tabs } = this.surroundings;
    const { userId, left } = this;
    const onSignOut = this.isResumed ? 'keep-writes' : settings.onSignOut;
    const isCurrent = () => !this.isOver;
    const discarded = await enter(storage, host.url, { userId, left, onSignOut, isCurrent });
    this.isResumed = true;
    if (discarded !== undefined) tabs.tell(discarded, { type: 'outbox' });
    await this.refresh();
    if (this.isOver) return;
    this.leadership.seek();
    eraseOthers(storage, host.url, userId).catch(() => {});
  }

  /** Another tab changed the outbox. */
  outboxChanged(): void {
    // A reading that has not begun yet will see that, too.
    if (this.isReadingNext) return;
    this.isReadingNext = true;
    const read = () => {
      this.isReadingNext = false;
      return this.refresh();
    };
    this.reading = this.reading.then(read).catch(() => {});
  }

  /** Resolves when everything that other tabs have reported is shown. */
  async caughtUp(): Promise<void> {
    await this.reading;
    await this.shown();
  }

  async retry(id: string): Promise<void> {
    await this.step('retry', { id: String(id) });
    await this.shown();
  }

  /** Gives up a write. One that is being sent is given up when its answer is there, if it waits or was refused then. */
  async discard(id: string): Promise<void> {
    while (!(await this.step('discard', { id: String(id) }))) {
      const isThere = this.writes.status.entries.some((entry) => entry.id === id);
      if (this.isOver || !isThere) return;
      await this.nextChange();
    }
    await this.shown();
  }

  /** Shows the outbox as it is on disk. */
  async refresh(): Promise<void> {
    const engine = await loadEngine();
    const reading = this.surroundings.storage.read(['outbox', 'meta'], (transaction) =>
      this.outbox.read(transaction, engine),
    );
    const view = await this.orForget(reading);
    if (view === undefined) return;
    this.writes.replaced(view);
    this.show();
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
    await this.shown();
    this.surroundings.storage.succeeded();
  }

  /** Whether this tab may send. */
  get maySend(): boolean {
    return !this.isOver && this.leadership.isHeld;
  }

  /** Whether the provider's token is this user's. Rejects if it cannot answer. */
  async isSignedIn(): Promise<boolean> {
    // If it is another user's, this session is over after that.
    await this.surroundings.host.identify();
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
    const stepping = this.surroundings.storage.write(['outbox', 'meta'], async (transaction) => {
      const view = await this.outbox.read(transaction, engine);
      const isAllowed = condition === undefined || (await condition.isAllowed(transaction));
      return { view, stepped: isAllowed ? await this.outbox.step(transaction, name, input) : undefined };
    });
    const { view, stepped } = await this.orForget(stepping);
    // Transactions end in their order, and so does what follows each of them at once.
    if (view !== undefined) this.writes.replaced(view);
    const isChanged = stepped !== undefined && hasChanges(stepped);
    if (isChanged) this.writes.changed(stepped.view, stepped.deletes);
    if (isChanged || view !== undefined) this.show();
    if (isChanged) this.surroundings.tabs.tell(this.scope, { type: 'outbox' });
    return stepped === undefined ? condition!.otherwise : stepped.result;
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
    clearTimeout(this.showing);
    this.changed();
    this.persistence.end();
    this.flush.end();
    this.leadership.resign();
    this.sockets?.end();
  }

  private async orForget<Result>(transaction: Promise<Result>): Promise<Result> {
    try {
      return await transaction;
    } catch (error) {
      this.outbox.forget();
      throw error;
    }
  }

  private show(): void {
    if (this.isOver || this.showing !== undefined) return;
    if (this.shownMs < QUICK_MS) this.showNow();
    else this.showing = setTimeout(() => this.showNow(), this.shownMs);
  }

  private showNow(): void {
    const begun = performance.now();
    this.showing = undefined;
    this.surroundings.view.changeOverlays(this.writes.update());
    this.flush.setPending(this.writes.status.pending);
    this.changed();
    this.surroundings.onChange();
    this.shownMs = performance.now() - begun;
  }

  /** Resolves when the outbox is shown as it is. */
  private async shown(): Promise<void> {
    while (this.showing !== undefined && !this.isOver) await this.nextChange();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private changed(): void {
    this.waiting.splice(0).forEach((resolve) => resolve());
  }
}

/** What a step depends on besides its input, and its result if that does not hold. */
interface Condition<Result> {
  isAllowed(transaction: Transaction<'readwrite'>): Promise<boolean>;
  readonly otherwise: Result;
}
