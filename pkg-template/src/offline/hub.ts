import type { SocketConstructor, SocketLike } from '../socket-driver.js';
import { readFrame, writeFrame, type Frame } from './frames.js';

/** The topic of heartbeats. */
export const HEARTBEATS = 'phoenix';
/** Prefix of the topics of subscriptions. Each client numbers its own. */
export const SUBSCRIPTIONS = 'realtime:wdb-';

/** A message of the hub to a tab. */
export interface TabLink {
  opened(): void;
  frame(text: string): void;
  closed(): void;
}

interface Tab {
  readonly link: TabLink;
  /** The joins of its channels, by their topics on the shared socket. */
  readonly joins: Map<string, string>;
}

/**
 * The socket that all tabs share, in the tab that is the leader.
 *
 * Each tab numbers its channels from 1, so the hub adds the name of the tab to topics that go to the server, and removes it
 * from those that come back. It does the same with the references of heartbeats: each tab checks by itself whether the socket
 * is alive.
 */
export class Hub {
  private readonly tabs = new Map<string, Tab>();
  private socket: SocketLike | undefined;
  private isOpen = false;

  constructor(private readonly Socket: SocketConstructor) {}

  /** A tab opens the socket. Its earlier channels have ended. */
  connect(name: string, url: string, link: TabLink): void {
    this.leave(name);
    this.tabs.set(name, { link, joins: new Map() });
    if (this.isOpen) link.opened();
    else this.socket ??= this.open(url);
  }

  /** A tab sends a frame. */
  send(name: string, text: string): void {
    const tab = this.tabs.get(name);
    const frame = tab && readFrame(text);
    if (frame === undefined) return;
    const outgoing = withTab(frame, name);
    if (frame.rest.startsWith(',"phx_join"')) tab?.joins.set(outgoing.topic, frame.join ?? '');
    if (frame.rest.startsWith(',"phx_leave"')) tab?.joins.delete(outgoing.topic);
    this.transmit(writeFrame(outgoing));
  }

  /** A tab no longer needs the socket, or was closed. */
  disconnect(name: string): void {
    this.leave(name);
    if (this.tabs.size === 0) this.close();
  }

  /** Closes the socket and notifies all tabs. */
  close(): void {
    const { socket } = this;
    this.forget();
    try {
      socket?.close();
    } catch {
      // It was never open.
    }
  }

  private leave(name: string): void {
    const joins = this.tabs.get(name)?.joins ?? [];
    this.tabs.delete(name);
    for (const [topic, join] of joins)
      this.transmit(writeFrame({ join, reference: join, topic, rest: ',"phx_leave",{}]' }));
  }

  private open(url: string): SocketLike {
    const socket = new this.Socket(url);
    const ifCurrent = (run: () => void) => () => {
      if (this.socket === socket) run();
    };
    socket.onopen = ifCurrent(() => {
      this.isOpen = true;
      for (const { link } of this.tabs.values()) link.opened();
    });
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (this.socket === socket && typeof data === 'string') this.received(data);
    };
    // `onclose` follows.
    socket.onerror = () => {};
    socket.onclose = ifCurrent(() => this.forget());
    return socket;
  }

  private received(text: string): void {
    const frame = readFrame(text);
    const known = frame && ofTab(frame);
    const tab = known && this.tabs.get(known.name);
    if (tab) tab.link.frame(writeFrame(known.frame));
  }

  private forget(): void {
    this.socket = undefined;
    this.isOpen = false;
    const tabs = [...this.tabs.values()];
    this.tabs.clear();
    for (const { link } of tabs) link.closed();
  }

  private transmit(text: string): void {
    try {
      if (this.isOpen) this.socket?.send(text);
    } catch {
      // The socket is closing, and `onclose` follows.
    }
  }
}

/** Converts a tab's frame for the server. */
function withTab(frame: Frame, name: string): Frame {
  if (frame.topic === HEARTBEATS) return { ...frame, reference: `${name}.${frame.reference}` };
  return { ...frame, topic: `${SUBSCRIPTIONS}${name}.${frame.topic.slice(SUBSCRIPTIONS.length)}` };
}

/** The tab that a frame of the server is for, and the frame converted for that tab. */
function ofTab(frame: Frame): { name: string; frame: Frame } | undefined {
  const isHeartbeat = frame.topic === HEARTBEATS;
  const named = isHeartbeat ? (frame.reference ?? '') : frame.topic.slice(SUBSCRIPTIONS.length);
  const end = named.indexOf('.');
  if (end < 0 || !(isHeartbeat || frame.topic.startsWith(SUBSCRIPTIONS))) return undefined;
  const [name, own] = [named.slice(0, end), named.slice(end + 1)];
  if (isHeartbeat) return { name, frame: { ...frame, reference: own } };
  return { name, frame: { ...frame, topic: SUBSCRIPTIONS + own } };
}
