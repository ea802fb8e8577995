import { DatabaseError } from './errors.js';
import type { CacheMirror } from './cache-mirror.js';
import type { Client } from './generated/bindings.js';
import type { ChangeType, SubscriptionStatus } from './realtime-types.js';
import type { Rooms } from './rooms.js';
import { afterStep, notify } from './step.js';

/**
 * What a socket must support: the browser's own, or one passed to `configure`. Its handlers are set here and called
 * as in a browser.
 */
export interface SocketLike {
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  send(text: string): void;
  close(): void;
}

/** A constructor of sockets, such as `WebSocket`. */
export type SocketConstructor = new (url: string) => SocketLike;

/** The subscribers by the number of their subscription. */
export interface Followers {
  row(
    subscription: number,
    type: ChangeType,
    table: string,
    row: unknown,
    old: unknown,
    committed: string | null,
  ): void;
  stands(subscription: number, status: SubscriptionStatus, error: DatabaseError | undefined): void;
  gap(subscription: number): void;
  /** Subscriptions cannot become live here. */
  unable(error: DatabaseError): void;
  /** Whether there are no subscribers. */
  isEmpty(): boolean;
}

/** The longest delay of a timer; a longer one would fire immediately. */
const MAX_TIMER_MS = 2147483647;

/** The realtime socket and the engine's timer. The engine makes all decisions about them. */
export class SocketDriver {
  /** Replaces the global `WebSocket`. */
  constructorOfSockets: SocketConstructor | undefined;

  private socket: SocketLike | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: () => Client,
    private readonly followers: Followers,
    private readonly rooms: Rooms,
    private readonly mirror: Pick<CacheMirror, 'learn'>,
  ) {}

  connect(url: string): void {
    afterStep(() => this.connectNow(url));
  }

  private connectNow(url: string): void {
    this.disconnectNow();
    const socket = this.open(url);
    this.socket = socket;
    if (socket === undefined) return;
    const ifCurrent = (run: () => void) => () => {
      if (this.socket === socket) run();
    };
    // Broadcasts of the official client arrive as bytes.
    (socket as { binaryType?: string }).binaryType = 'arraybuffer';
    socket.onopen = ifCurrent(() => this.client().socketOpened());
    socket.onmessage = (message: { data: unknown }) => {
      const frame = this.socket === socket ? this.parsed(message.data) : undefined;
      if (frame !== undefined) this.client().socketFrame(frame);
    };
    // `onclose` follows. In Node, an error without a listener ends the process.
    let status: number | undefined;
    socket.onerror = (error: unknown) => (status = statusOf(error));
    socket.onclose = ifCurrent(() => {
      this.socket = undefined;
      this.client().socketClosed(status);
    });
  }

  /**
   * Creates a socket, or none if that fails immediately; the engine then treats it like a socket that fails to open.
   */
  private open(url: string): SocketLike | undefined {
    try {
      const Socket = this.constructorOfSockets ?? (globalThis.WebSocket as typeof WebSocket | undefined);
      if (Socket !== undefined) return new Socket(url);
      const error = noSockets();
      this.followers.unable(error);
      this.rooms.unable(error);
    } catch {
      // An invalid URL is handled like a socket that fails to open.
    }
    setTimeout(() => this.client().socketClosed());
    return undefined;
  }

  private parsed(data: unknown): unknown {
    try {
      if (typeof data !== 'string') return broadcastOf(new Uint8Array(data as ArrayBuffer));
      const frame = JSON.parse(data) as unknown[];
      // Rows may contain numbers that JavaScript rounds. Rooms have many frames, and none of them contains such
      // numbers.
      if (frame[3] === 'postgres_changes') this.mirror.learn(data);
      return frame;
    } catch {
      return undefined;
    }
  }

  transmit(text: string): void {
    afterStep(() => {
      try {
        this.socket?.send(text);
      } catch {
        // The socket is closing, and `onclose` follows.
      }
    });
  }

  disconnect(): void {
    afterStep(() => this.disconnectNow());
  }

  /** The engine that used the socket is gone. */
  reset(): void {
    this.disconnect();
    clearTimeout(this.timer);
  }

  private disconnectNow(): void {
    const socket = this.socket;
    this.socket = undefined;
    if (socket === undefined) return;
    // Keep `onerror`: a socket closed before it opened reports an error, which is expected here.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  wakeIn(ms: number): void {
    clearTimeout(this.timer);
    if (ms === Infinity) return;
    this.timer = setTimeout(() => this.client().woken(), Math.min(Math.max(ms, 0), MAX_TIMER_MS));
    // In Node, a process without subscriptions or rooms may end; one with them stays alive even while it has no
    // socket.
    if (this.followers.isEmpty() && this.rooms.isEmpty()) (this.timer as { unref?: () => void }).unref?.();
  }

  row(
    subscription: number,
    table: string,
    kind: ChangeType,
    row: unknown,
    old: unknown,
    committed?: string,
  ): void {
    notify(() => this.followers.row(subscription, kind, table, row, old, committed ?? null));
  }

  stands(subscription: number, status: SubscriptionStatus, error: DatabaseError | undefined): void {
    afterStep(() => this.followers.stands(subscription, status, error));
  }

  gap(subscription: number): void {
    notify(() => this.followers.gap(subscription));
  }

  roomStands(...told: Parameters<Rooms['roomStands']>): void {
    afterStep(() => this.rooms.roomStands(...told));
  }

  others(...told: Parameters<Rooms['others']>): void {
    afterStep(() => this.rooms.others(...told));
  }

  message(...told: Parameters<Rooms['message']>): void {
    afterStep(() => this.rooms.message(...told));
  }
}

/** A message to everyone in a channel, in the form in which hosted servers forward those of the official client. */
const BINARY_BROADCAST = 4;
const JSON_ENCODING = 1;

/** The frame in a binary message; undefined if it is not a frame, or does not contain JSON. */
function broadcastOf(bytes: Uint8Array): unknown {
  const [kind, topicSize = 0, eventSize = 0, metadataSize = 0, encoding] = bytes;
  if (kind !== BINARY_BROADCAST || encoding !== JSON_ENCODING) return undefined;
  const decoder = new TextDecoder();
  const text = (from: number, to?: number) => decoder.decode(bytes.subarray(from, to));
  const [topicEnd, eventEnd] = [5 + topicSize, 5 + topicSize + eventSize];
  const payload: unknown = JSON.parse(text(eventEnd + metadataSize));
  return [null, null, text(5, topicEnd), 'broadcast', { event: text(topicEnd, eventEnd), payload }];
}

/**
 * The HTTP status with which the server refused the connection. Browsers do not report it; the package `ws` does, in
 * the error's message.
 */
function statusOf(error: unknown): number | undefined {
  try {
    const [, status] = /(?:response|status)\D{0,9}([45]\d\d)\b/.exec((error as ErrorEvent).message) ?? [];
    return status === undefined ? undefined : Number(status);
  } catch {
    return undefined;
  }
}

function noSockets(): DatabaseError {
  const message =
    'There is no WebSocket here: pass one to configure, such as { WebSocket } of the package ws';
  return new DatabaseError('NOT_CONFIGURED', message);
}
