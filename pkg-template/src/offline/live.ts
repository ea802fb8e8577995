import { aborted } from '../calls.js';
import { DatabaseError, invalid } from '../errors.js';
import { guarded } from '../guarded.js';
import type { ClientParts } from '../offline-part.js';
import type { SocketConstructor } from '../socket-driver.js';
import type { OfflineEngine } from './engine.js';
import { Host } from './host.js';
import { listen } from './listen.js';
import { isOnline } from './network.js';
import type { Limits } from './persist.js';
import { Session } from './session.js';
import type { SharedSockets } from './shared-sockets.js';
import type { Storage } from './storage.js';
import { Tabs, type Message } from './tabs.js';
import { enter, lastUserOf, type OnSignOut } from './users.js';
import { View } from './view.js';

export interface Settings extends Limits {
  readonly name: string;
  readonly onSignOut: OnSignOut;
}

/** One client, connected to the database, the other tabs and the network. Knows who is signed in. */
export class Live {
  readonly view: View;
  /** What belongs to the user who is signed in. */
  session: Session | undefined;
  /** Resolves when it is known who is signed in, or that no user is. */
  readonly identified: Promise<void>;
  private readonly host: Host;
  private readonly tabs: Tabs;
  private readonly stopListening: () => void;
  /** Whether the session's user is the last known one, and no token has named a user yet. */
  private isAssumed = false;
  private isForgetting = false;
  private isEnded = false;

  constructor(
    private readonly settings: Settings,
    parts: ClientParts,
    private readonly storage: Storage,
    engine: OfflineEngine,
    private readonly onChange: () => void,
    private readonly Socket: SocketConstructor | undefined,
  ) {
    const planner = new engine.Shown();
    this.host = new Host(parts, planner);
    this.view = new View(parts, this.host, planner, this.restore);
    this.tabs = new Tabs(`workflow-db:${settings.name}`, this.heard);
    this.tabs.open();
    this.stopListening = listen({
      online: this.networkChanged,
      offline: this.networkChanged,
      visibilitychange: this.visibilityChanged,
      pagehide: this.pageHidden,
      pageshow: this.pageShown,
      freeze: () => this.session?.pause(),
      resume: () => this.session?.resume(),
    });
    this.identified = this.identify();
  }

  /** Finds out who is signed in: the user that the token provider names or, if it cannot answer, the last known one. */
  private async identify(): Promise<void> {
    // The result is noted where tokens pass.
    const isAnswered = await this.host.identify().then(
      () => true,
      () => false,
    );
    if (isAnswered || this.current() !== undefined) return;
    const last = await this.storage
      .read(['meta'], (transaction) => lastUserOf(transaction, this.host.url))
      .catch(() => undefined);
    if (this.session !== undefined || typeof last !== 'string') return;
    this.signedIn(last);
    this.isAssumed = true;
  }

  /** This user is signed in, or no user is: a token says so. */
  signedIn(userId: string | undefined): void {
    const { session } = this;
    // The engine makes all views drop their rows if it knew the user, too.
    const isKnown = session === undefined || this.host.userId() === session.userId;
    const isOther = session?.userId !== userId;
    this.enter(userId);
    if (isKnown || !isOther) return;
    this.isForgetting = true;
    this.host.forgetRows();
    this.isForgetting = false;
  }

  private enter(userId: string | undefined): void {
    const { session } = this;
    if (this.isEnded) return;
    this.isAssumed = false;
    if (session !== undefined && session.userId === userId) return;
    session?.end();
    this.session = undefined;
    this.view.forget();
    if (userId === undefined) {
      this.signedOut(session?.userId).catch(() => {});
    } else {
      const { settings, storage, host, tabs, view, onChange, Socket } = this;
      this.session = new Session(userId, session?.userId, {
        settings,
        storage,
        host,
        tabs,
        view,
        onChange,
        Socket,
      });
      this.session.flush.setOnline(isOnline());
    }
    this.onChange();
  }

  /** No user is signed in any more; `left` was. */
  private async signedOut(left: string | undefined): Promise<void> {
    const { storage, host, settings, tabs } = this;
    const isCurrent = () => this.session === undefined;
    const { onSignOut } = settings;
    const discarded = await enter(storage, host.url, { userId: null, left, onSignOut, isCurrent });
    if (discarded !== undefined) tabs.tell(discarded, { type: 'outbox' });
  }

  /** The session of the signed-in user. An auth library may have told the engine alone who that is. */
  current(): Session | undefined {
    if (this.session === undefined || this.isAssumed) {
      const userId = this.host.userId();
      if (userId !== undefined) this.signedIn(userId);
    }
    return this.session;
  }

  /** The engine dropped everything, because another user is signed in, or may be. */
  userChanged(): void {
    const { session } = this;
    if (this.isForgetting) return;
    this.view.forget();
    const userId = this.host.userId();
    // While the engine knows no user, an assumed one cannot have signed out.
    const isSame = userId === session?.userId || (userId === undefined && this.isAssumed);
    if (!isSame) this.enter(userId);
    else if (session !== undefined) this.view.changeOverlays(session.writes.overlays());
  }

  private readonly restore = async (key: string): Promise<string | undefined> => {
    await this.identified;
    const session = this.current();
    try {
      await session?.ready();
      const json = await session?.persistence.read(key);
      return session?.isOver ? undefined : json;
    } catch {
      return undefined;
    }
  };

  rowChanged(table: string, id: string | undefined, row: unknown): void {
    this.view.rowChanged(table, id, knownOf(row));
    const { session } = this;
    if (session === undefined) return;
    this.tabs.changed(session.scope, [table, id, row]);
    session.persistence.rowChanged([table, id, row]);
  }

  async queue(
    name: string,
    args: readonly unknown[],
    send: () => Promise<unknown>,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const plan = this.host.planOf(name, args);
    if (plan === undefined) return send();
    // A user that signs in while this waits did not make the write.
    const session = this.current() ?? (await this.identified.then(() => this.current()));
    if (session === undefined) throw this.storage.error ?? invalid('queue', 'a signed-in user');
    try {
      await session.ready();
      if (session.isOver) throw new DatabaseError('ABORTED', 'The user has changed');
      if (signal?.aborted) throw aborted(signal);
      await session.enqueue(plan);
    } catch (error) {
      throw this.storage.failed(error);
    }
    return this.host.expected(plan);
  }

  /** The socket that all tabs share. Undefined if this page must have one of its own. */
  async sockets(): Promise<SharedSockets | undefined> {
    const session = await this.ready();
    return session?.sockets;
  }

  async flush(): Promise<void> {
    const session = await this.ready();
    await session?.caughtUp();
    if (session === undefined || session.writes.status.pending === 0) return;
    this.tabs.tell(session.scope, { type: 'flush' });
    await session.flush.flush();
    await session.caughtUp();
  }

  /** The session, once the outbox of an earlier visit was read. */
  async ready(): Promise<Session | undefined> {
    await this.identified;
    const session = this.current();
    await session?.ready();
    return session;
  }

  /** The database was deleted, and there is a new one. */
  erased(): void {
    this.session?.resume();
  }

  /** The database is a newer version's, and so are the waiting writes. */
  replaced(): void {
    this.session?.end();
    this.session = undefined;
    this.view.clearOverlays();
  }

  end(): void {
    this.isEnded = true;
    this.stopListening();
    this.session?.persistence.writeNow(true);
    this.session?.end();
    this.session = undefined;
    this.tabs.close();
    this.view.clearOverlays();
  }

  private readonly heard = (scope: string, message: Message): void => {
    const { session } = this;
    if (session === undefined || session.scope !== scope) return;
    switch (message.type) {
      case 'rows':
        message.changes.forEach(([table, id, row]) => {
          guarded(() => {
            const apply = () => {
              this.host.applyChange(table, id, knownOf(row));
              this.view.rowChanged(table, id, knownOf(row));
            };
            if (row === false) session.persistence.without(apply);
            else apply();
          });
        });
        return;
      case 'outbox':
        return session.outboxChanged();
      case 'flush':
        if (session.flush.isLeader) {
          const flushed = session.caughtUp().then(() => session.flush.flush());
          flushed.then(() => this.tabs.tell(scope, { type: 'rested' }));
        }
        return;
      case 'socket':
        return session.sockets?.received(message.message);
      case 'rested':
        session.flush.rested();
    }
  };

  private readonly networkChanged = (): void => {
    this.session?.flush.setOnline(isOnline());
    this.onChange();
    if (isOnline()) this.host.recovered();
  };

  private readonly visibilityChanged = (): void => {
    if (document.visibilityState === 'hidden') this.session?.persistence.writeNow();
  };

  private readonly pageHidden = ({ persisted }: Partial<PageTransitionEvent>): void => {
    this.session?.persistence.writeNow(true);
    if (!persisted) return;
    this.session?.pause();
    this.tabs.close();
    this.storage.close();
  };

  private readonly pageShown = ({ persisted }: Partial<PageTransitionEvent>): void => {
    if (!persisted) return;
    // This page received no changes of other tabs while it was frozen. They are on disk.
    const { session, host } = this;
    if (session === undefined) host.invalidateAll();
    else session.persistence.without(() => host.invalidateAll());
    this.tabs.open();
    session?.resume();
  };
}

/** The row of a change for the modules. Why it is unknown matters only to what is stored. */
function knownOf(row: unknown): unknown {
  return row === false ? undefined : row;
}
