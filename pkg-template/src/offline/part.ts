import type { Attached, ClientParts } from '../offline-part.js';
import type { SocketConstructor, SocketLike } from '../socket-driver.js';
import { outboxOf, type OutboxSource } from '../outbox.js';
import { loadEngine } from './engine.js';
import { Live, type Settings } from './live.js';
import { isOnline } from './network.js';
import type { Session } from './session.js';
import { NOTHING } from './shown-writes.js';
import { TabSocket } from './shared-sockets.js';
import { hasStorage, Storage, unavailable } from './storage.js';
import { tokenOf, userOf, type TokenProvider } from './tokens.js';

/** What a client is connected to. Until the module is loaded, and where nothing can be stored, it changes nothing. */
export class Part implements Attached, OutboxSource {
  isDetached = false;
  private readonly storage: Storage;
  private live: Live | undefined;
  /** Resolves with `live`; undefined where nothing can be stored. */
  private readonly loaded: Promise<Live | undefined>;
  private shownState: ReturnType<OutboxSource['state']>;
  /** Numbers for calls of the token provider, and the user whom the latest answer named. */
  private asked = 0;
  private answered: { readonly number: number; readonly userId: string | undefined } | undefined;

  constructor(
    private readonly settings: Settings,
    readonly parts: ClientParts,
    private readonly Socket: SocketConstructor | undefined,
  ) {
    this.storage = new Storage(settings.name, this);
    this.shownState = this.newState();
    outboxOf(parts.client).connect(this);
    this.loaded = this.load();
  }

  private async load(): Promise<Live | undefined> {
    const opening = this.isOpen();
    const engine = hasStorage() ? await loadEngine().catch(() => undefined) : undefined;
    // If it cannot be opened, that is known now.
    if (engine === undefined) await opening;
    if (engine === undefined || this.isDetached) return undefined;
    this.live = new Live(this.settings, this.parts, this.storage, engine, () => this.changed(), this.Socket);
    if (this.answered !== undefined) this.live.signedIn(this.answered.userId);
    return this.live;
  }

  private async isOpen(): Promise<boolean> {
    try {
      await this.storage.read(['meta'], () => Promise.resolve());
      return true;
    } catch {
      return false;
    }
  }

  async isUsable(): Promise<boolean> {
    const live = await this.loaded;
    await live?.identified;
    return live?.current() !== undefined && (await this.isOpen());
  }

  get userId(): string | undefined {
    return this.live?.session?.userId;
  }

  shown(key: string, base: unknown): unknown {
    return this.live === undefined ? base : this.live.view.shown(key, base);
  }

  async read(
    name: string,
    args: readonly unknown[],
    ask: () => Promise<unknown>,
    isFresh: boolean,
  ): Promise<unknown> {
    if (this.live !== undefined) return this.live.view.read(name, args, ask, isFresh);
    const asked = ask();
    // Handled below; a rejection without a handler would be reported.
    asked.catch(() => {});
    const live = await this.loaded;
    return live === undefined ? asked : live.view.read(name, args, () => asked, isFresh);
  }

  async queue(...write: Parameters<Live['queue']>): Promise<unknown> {
    const live = this.live ?? (await this.loaded);
    if (live !== undefined) return live.queue(...write);
    throw this.storage.error ?? unavailable('The WebAssembly module did not start');
  }

  /** A socket for this page, which shares a real one with other tabs where it can. */
  socket(Real: SocketConstructor, url: string): SocketLike {
    const finding = this.loaded.then((live) => live?.sockets());
    return new TabSocket(finding, Real, url);
  }

  entryChanged(key: string): void {
    this.live?.current()?.persistence.changed(key);
  }

  userChanged(): void {
    this.live?.userChanged();
  }

  rowChanged(table: string, id: string | undefined, row: unknown): void {
    this.live?.rowChanged(table, id, row);
  }

  /** The token for a request. Notes whose it is before anything is sent with it. */
  async token(ask: TokenProvider, rejected: string | undefined): Promise<unknown> {
    const number = ++this.asked;
    const token = await tokenOf(ask, rejected);
    const userId = userOf(token);
    // Answers may arrive out of order.
    if (this.answered === undefined || number > this.answered.number) {
      this.answered = { number, userId };
      this.live?.signedIn(userId);
    }
    return token;
  }

  detach(): void {
    this.isDetached = true;
    this.live?.end();
    this.live = undefined;
    this.storage.close();
    outboxOf(this.parts.client).disconnect(this);
  }

  // What the outbox provides.

  state(): ReturnType<OutboxSource['state']> {
    return this.shownState;
  }

  async flush(): Promise<void> {
    await (await this.loaded)?.flush();
  }

  async retry(id: string): Promise<void> {
    await (await this.session())?.retry(id);
  }

  async discard(id: string): Promise<void> {
    await (await this.session())?.discard(id);
  }

  private async session(): Promise<Session | undefined> {
    return (await this.loaded)?.ready();
  }

  // What the storage reports.

  erased(): void {
    this.live?.erased();
  }

  replaced(): void {
    this.live?.replaced();
  }

  changed(): void {
    const next = this.newState();
    if (isSameState(next, this.shownState)) return;
    const { error } = next;
    const isNews = error !== undefined && error !== this.shownState.error;
    if (isNews) this.parts.mirror.event({ type: 'offline', error });
    this.shownState = next;
    outboxOf(this.parts.client).changed();
  }

  private newState(): ReturnType<OutboxSource['state']> {
    const session = this.live?.session;
    const { pending, failed, blocked, isSending, entries } = session?.writes.status ?? NOTHING;
    const isFlushing = isSending || (session?.flush.isFlushing ?? false);
    const { error } = this.storage;
    return { pending, failed, blocked, isOnline: isOnline(), isFlushing, error, entries };
  }
}

function isSameState(
  one: ReturnType<OutboxSource['state']>,
  other: ReturnType<OutboxSource['state']>,
): boolean {
  return Object.entries(one).every(([name, value]) => other[name as keyof typeof other] === value);
}
