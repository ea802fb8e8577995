import { SCHEMA_VERSION } from '../generated/schema-version.js';
import type { SocketMessage } from './shared-sockets.js';

/**
 * A change that a tab made or received. The row is null if it is gone, undefined if it is unknown, and false if it is
 * unknown because the server did not answer a write, or because changes were missed.
 */
export type Change = [table: string, id: string | undefined, row: unknown];

export type Message =
  /** Rows changed. */
  | { readonly type: 'rows'; readonly changes: readonly Change[] }
  /** The outbox changed. */
  | { readonly type: 'outbox' }
  /** The leader should send now. */
  | { readonly type: 'flush' }
  /** About the realtime socket that the tabs share. */
  | { readonly type: 'socket'; readonly message: SocketMessage }
  /** The leader has nothing left to send, or must wait. */
  | { readonly type: 'rested' };

interface Envelope {
  readonly scope: string;
  /** Tabs with another version of the package may use another format of rows. */
  readonly version: string;
  readonly message: Message;
}

/** Connects the tabs of a browser that use the same database. */
export class Tabs {
  private channel: BroadcastChannel | undefined;
  private changes: Change[] = [];

  /** @param onMessage called with messages of other tabs, each with the scope that it is about */
  constructor(
    private readonly name: string,
    private readonly onMessage: (scope: string, message: Message) => void,
  ) {}

  open(): void {
    if (typeof BroadcastChannel === 'undefined' || this.channel !== undefined) return;
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data: { version, scope, message } }: MessageEvent<Envelope>) => {
      // Every version understands this message.
      const isPlain = message.type !== 'rows' && message.type !== 'socket';
      if (isPlain || version === SCHEMA_VERSION) this.onMessage(scope, message);
    };
  }

  /** An open channel keeps a page out of the back/forward cache. */
  close(): void {
    this.channel?.close();
    this.channel = undefined;
  }

  /** Whether tabs can be connected here. */
  get isOpen(): boolean {
    return this.channel !== undefined;
  }

  tell(scope: string, message: Message): void {
    const envelope: Envelope = { scope, version: SCHEMA_VERSION, message };
    try {
      this.channel?.postMessage(envelope);
    } catch {
      // The page is being unloaded.
    }
  }

  /** Sends a change to the other tabs, together with all other changes of the same task. */
  changed(scope: string, change: Change): void {
    if (this.channel === undefined) return;
    if (this.changes.push(change) > 1) return;
    queueMicrotask(() => this.tell(scope, { type: 'rows', changes: this.changes.splice(0) }));
  }
}
