import type { SocketConstructor, SocketLike } from '../socket-driver.js';
import { readFrame } from './frames.js';
import { HEARTBEATS, Hub, SUBSCRIPTIONS } from './hub.js';

/** What tabs tell each other about the shared socket. `to` and `from` are names of tabs. */
export type SocketMessage =
  /** Another tab leads from now on: sockets through the one before are closed. */
  | { readonly kind: 'leads'; readonly from: string }
  | { readonly kind: 'connect'; readonly from: string; readonly url: string }
  | { readonly kind: 'send'; readonly from: string; readonly text: string }
  | { readonly kind: 'disconnect'; readonly from: string }
  | { readonly kind: 'opened'; readonly to: string }
  | { readonly kind: 'frame'; readonly to: string; readonly text: string }
  | { readonly kind: 'closed'; readonly to: string };

/** What the tab that leads tells another one, or itself. */
type ToTab = Extract<SocketMessage, { to: string }>;

/** One realtime socket for all tabs of a user: the tab that leads has it, and the others send and receive through it. */
export class SharedSockets {
  /** The constructor for the client. */
  readonly Socket: SocketConstructor;
  private readonly sockets = new Set<TabSocket>();
  private hub: Hub | undefined;
  private readonly watched = new Set<string>();

  /**
   * @param name the name of this tab
   * @param tell posts a message to the other tabs
   * @param Real the constructor of real sockets
   */
  constructor(
    readonly name: string,
    private readonly tell: (message: SocketMessage) => void,
    readonly Real: SocketConstructor,
  ) {
    const make = (url: string) => new TabSocket(this, url);
    // A function instead of a class, because what it constructs belongs to this object.
    this.Socket = function (url: string) {
      return make(url);
    } as unknown as SocketConstructor;
  }

  /** This tab leads from now on, or no longer. */
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

  /** The client wants a socket: the earlier one of this tab is gone. */
  add(socket: TabSocket): void {
    for (const earlier of [...this.sockets]) earlier.close();
    this.sockets.add(socket);
    void this.hold();
    this.connect(socket);
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

  /** Closes the sockets of this tab. */
  end(): void {
    for (const socket of [...this.sockets]) socket.close();
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

  /** Another tab leads: what is open is closed, so that the client joins and reads again; what waits asks the new leader. */
  private reconnect(): void {
    for (const socket of [...this.sockets]) {
      if (socket.isOpen) socket.received({ kind: 'closed', to: this.name });
      else this.connect(socket);
    }
  }

  /** Holds a lock as long as this tab lives. */
  private async hold(): Promise<void> {
    if (this.watched.has(this.name)) return;
    this.watched.add(this.name);
    await locks()?.request(lockOf(this.name), () => new Promise(() => {}));
  }

  /** Disconnects a tab when it is gone, which its lock shows. */
  private watch(name: string): void {
    if (this.watched.has(name)) return;
    this.watched.add(name);
    const isGone = locks()?.request(lockOf(name), () => {
      this.watched.delete(name);
      this.hub?.disconnect(name);
    });
    isGone?.catch(() => this.watched.delete(name));
  }
}

const lockOf = (name: string) => `workflow-db:tab:${name}`;

function locks(): LockManager | undefined {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
}

/**
 * The socket of one tab. Subscriptions go through the shared socket. Rooms have a socket of their own, because each tab is a
 * visitor of its own, and a socket can join a topic only once.
 */
class TabSocket implements SocketLike {
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  isOpen = false;
  private own: SocketLike | undefined;
  /** Frames for the own socket until it is open. */
  private waiting: string[] | undefined = [];

  constructor(
    private readonly shared: SharedSockets,
    readonly url: string,
  ) {
    // The handlers are set after the constructor.
    queueMicrotask(() => shared.add(this));
  }

  send(text: string): void {
    const topic = readFrame(text)?.topic ?? '';
    const isShared = topic.startsWith(SUBSCRIPTIONS);
    if (isShared || topic === HEARTBEATS) this.shared.send(text);
    if (isShared || (topic === HEARTBEATS && this.own === undefined)) return;
    this.own ??= this.openOwn();
    if (this.waiting === undefined) this.own.send(text);
    else this.waiting.push(text);
  }

  close(): void {
    this.isOpen = false;
    this.shared.remove(this);
    const { own } = this;
    this.own = undefined;
    own?.close();
  }

  received(message: ToTab): void {
    if (message.kind === 'frame') return call(this.onmessage, { data: message.text });
    if (message.kind === 'opened') {
      this.isOpen = true;
      return call(this.onopen, {});
    }
    this.close();
    call(this.onclose, {});
  }

  private openOwn(): SocketLike {
    const own = new this.shared.Real(this.url);
    (own as { binaryType?: string }).binaryType = 'arraybuffer';
    const ifCurrent = (run: () => void) => () => {
      if (this.own === own) run();
    };
    own.onopen = ifCurrent(() => {
      const waiting = this.waiting ?? [];
      this.waiting = undefined;
      for (const text of waiting) own.send(text);
    });
    own.onmessage = (message: { data: unknown }) => {
      const isHeartbeat = typeof message.data === 'string' && readFrame(message.data)?.topic === HEARTBEATS;
      if (this.own === own && !isHeartbeat) call(this.onmessage, message);
    };
    own.onerror = () => {};
    own.onclose = ifCurrent(() => this.received({ kind: 'closed', to: this.shared.name }));
    return own;
  }
}

function call(handler: unknown, event: object): void {
  if (typeof handler === 'function') (handler as (event: object) => void)(event);
}
