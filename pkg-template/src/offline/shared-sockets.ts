import type { SocketConstructor, SocketLike } from '../socket-driver.js';
import { readFrame } from './frames.js';
import { webLocks } from './locks.js';
import { HEARTBEATS, Hub, SUBSCRIPTIONS } from './hub.js';

/** Messages between tabs about the shared socket. `to` and `from` are names of tabs. */
export type SocketMessage =
  /** Another tab is the leader from now on. Sockets through the previous one are closed. */
  | { readonly kind: 'leads'; readonly from: string }
  | { readonly kind: 'connect'; readonly from: string; readonly url: string }
  | { readonly kind: 'send'; readonly from: string; readonly text: string }
  | { readonly kind: 'disconnect'; readonly from: string }
  | { readonly kind: 'opened'; readonly to: string }
  | { readonly kind: 'frame'; readonly to: string; readonly text: string }
  | { readonly kind: 'closed'; readonly to: string };

/** A message of the leader to a tab, possibly to itself. */
type ToTab = Extract<SocketMessage, { to: string }>;

/** One realtime socket for all tabs of a user. The leader holds it, and the other tabs send and receive through the leader. */
export class SharedSockets {
  private readonly sockets = new Set<TabSocket>();
  private hub: Hub | undefined;
  /** Resolves when this tab holds the lock that shows that the tab is alive. */
  private holding: Promise<void> | undefined;
  /** The tabs for whose locks this tab waits, to notice when they close. */
  private readonly watched = new Set<string>();

  /**
   * @param name the name of this tab
   * @param tell posts a message to the other tabs
   * @param Real the constructor of real sockets
   */
  constructor(
    private readonly name: string,
    private readonly tell: (message: SocketMessage) => void,
    private readonly Real: SocketConstructor,
  ) {}

  /** This tab became the leader, or no longer is. */
  setLeader(isLeader: boolean): void {
    if (isLeader === (this.hub !== undefined)) return;
    this.hub?.close();
    this.hub = isLeader ? new Hub(this.Real) : undefined;
    if (!isLeader) return;
    this.tell({ kind: 'leads', from: this.name });
    this.reconnect();
  }

  /** A message of another tab. */
  received(message: SocketMessage): void {
    if ('to' in message) {
      if (message.to !== this.name) return;
      for (const socket of this.sockets) socket.received(message);
      return;
    }
    if (message.kind === 'leads') {
      this.setLeader(false);
      return this.reconnect();
    }
    const { hub, tell } = this;
    const to = message.from;
    if (hub === undefined) return;
    if (message.kind === 'send') return hub.send(to, message.text);
    if (message.kind === 'disconnect') return hub.disconnect(to);
    this.watch(to);
    hub.connect(to, message.url, {
      opened: () => tell({ kind: 'opened', to }),
      frame: (text) => tell({ kind: 'frame', to, text }),
      closed: () => tell({ kind: 'closed', to }),
    });
  }

  /** The client opens a socket. The earlier one of this tab has ended. */
  async add(socket: TabSocket): Promise<void> {
    for (const earlier of [...this.sockets]) earlier.close();
    this.sockets.add(socket);
    // First, because other tabs take this tab for closed if it does not hold its lock.
    await (this.holding ??= holdLock(this.name));
    if (this.sockets.has(socket)) this.connect(socket);
  }

  send(text: string): void {
    if (this.hub === undefined) this.tell({ kind: 'send', from: this.name, text });
    else this.hub.send(this.name, text);
  }

  remove(socket: TabSocket): void {
    if (!this.sockets.delete(socket)) return;
    if (this.hub === undefined) this.tell({ kind: 'disconnect', from: this.name });
    else this.hub.disconnect(this.name);
  }

  /** Closes the sockets of this tab, so that the client opens another one. */
  end(): void {
    for (const socket of [...this.sockets]) socket.received({ kind: 'closed', to: this.name });
    this.hub?.close();
    this.hub = undefined;
  }

  private connect(socket: TabSocket): void {
    const { hub, name } = this;
    if (hub === undefined) return this.tell({ kind: 'connect', from: name, url: socket.url });
    hub.connect(name, socket.url, {
      opened: () => socket.received({ kind: 'opened', to: name }),
      frame: (text) => socket.received({ kind: 'frame', to: name, text }),
      closed: () => socket.received({ kind: 'closed', to: name }),
    });
  }

  /** Another tab is the leader. Open sockets close, so that the client joins and reads again; waiting ones ask the new leader. */
  private reconnect(): void {
    for (const socket of [...this.sockets]) {
      if (socket.isOpen) socket.received({ kind: 'closed', to: this.name });
      else this.connect(socket);
    }
  }

  /** Disconnects a tab when its lock shows that it was closed. */
  private watch(name: string): void {
    if (this.watched.has(name)) return;
    this.watched.add(name);
    const isGone = webLocks()?.request(lockOf(name), () => {
      this.watched.delete(name);
      this.hub?.disconnect(name);
    });
    isGone?.catch(() => this.watched.delete(name));
  }
}

/** Holds a lock as long as this page lives. Resolves as soon as it does, or if there are no locks. */
function holdLock(name: string): Promise<void> {
  return new Promise((resolve) => {
    const held = webLocks()?.request(lockOf(name), () => {
      resolve();
      return new Promise(() => {});
    });
    if (held === undefined) resolve();
    else held.catch(resolve);
  });
}

const lockOf = (name: string) => `workflow-db:tab:${name}`;

/**
 * The socket of one tab. Subscriptions use the shared socket. Rooms use a separate one, because each tab joins a room by itself,
 * and a socket can join a topic only once. Without a shared socket, everything uses the separate one.
 */
export class TabSocket implements SocketLike {
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  isOpen = false;
  private shared: SharedSockets | undefined;
  private own: SocketLike | undefined;
  /** Frames for the separate socket until it is open. */
  private waiting: string[] = [];
  private isClosed = false;

  /** @param finding the shared sockets, once it is known whether there are any */
  constructor(
    finding: Promise<SharedSockets | undefined>,
    private readonly Real: SocketConstructor,
    readonly url: string,
  ) {
    finding
      .catch(() => undefined)
      .then((shared) => {
        if (this.isClosed) return;
        this.shared = shared;
        if (shared === undefined) this.own = this.openOwn();
        else return shared.add(this);
      });
  }

  send(text: string): void {
    const topic = readFrame(text)?.topic ?? '';
    const isShared = this.shared !== undefined && topic.startsWith(SUBSCRIPTIONS);
    const isHeartbeat = this.shared !== undefined && topic === HEARTBEATS;
    if (isShared || isHeartbeat) this.shared?.send(text);
    if (isShared || (isHeartbeat && this.own === undefined)) return;
    const own = (this.own ??= this.openOwn());
    if (this.waiting.length === 0 && isOpen(own)) own.send(text);
    else this.waiting.push(text);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.isOpen = false;
    this.shared?.remove(this);
    const { own } = this;
    this.own = undefined;
    own?.close();
  }

  received(message: ToTab): void {
    if (this.isClosed) return;
    if (message.kind === 'frame') return call(this.onmessage, { data: message.text });
    if (message.kind === 'opened') return this.opened();
    this.close();
    call(this.onclose, {});
  }

  private opened(): void {
    this.isOpen = true;
    call(this.onopen, {});
  }

  private openOwn(): SocketLike {
    const own = new this.Real(this.url);
    (own as { binaryType?: string }).binaryType = 'arraybuffer';
    const ifCurrent = (run: () => void) => () => {
      if (this.own === own) run();
    };
    own.onopen = ifCurrent(() => {
      for (const text of this.waiting.splice(0)) own.send(text);
      if (this.shared === undefined) this.opened();
    });
    own.onmessage = (message: { data: unknown }) => {
      if (this.own === own && !this.isAnsweredElsewhere(message.data)) call(this.onmessage, message);
    };
    own.onerror = (event: unknown) => call(this.onerror, event as object);
    own.onclose = ifCurrent(() => {
      this.close();
      call(this.onclose, {});
    });
    return own;
  }

  /** Whether it is the answer to a heartbeat, which the shared socket answers too. */
  private isAnsweredElsewhere(data: unknown): boolean {
    return this.shared !== undefined && typeof data === 'string' && readFrame(data)?.topic === HEARTBEATS;
  }
}

const OPEN = 1;

function isOpen(socket: SocketLike): boolean {
  return (socket as { readyState?: number }).readyState === OPEN;
}

function call(handler: unknown, event: object): void {
  if (typeof handler === 'function') (handler as (event: object) => void)(event);
}
