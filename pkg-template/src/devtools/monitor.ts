import { inspectorOf, type DatabaseClient } from '../client.js';
import type { ClientEvent } from '../options.js';

/** A request with all of its attempts. */
export interface LoggedRequest {
  readonly number: number;
  readonly method: string;
  readonly table: string;
  /** The number of reads that the response is for. */
  readonly reads: number;
  readonly attempts: number;
  readonly isUnderWay: boolean;
  /** Of the last finished attempt. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** From the start of the first attempt to the end of the last one. */
  readonly durationMs: number | undefined;
  readonly begunAt: number;
}

const MOST_REQUESTS = 100;
/** Events come in bursts, faster than anyone can read. */
const REFRESH_MS = 100;
/** Refreshes ages, and data that no event reports. */
const TICK_MS = 1000;

/**
 * Records what a client does and notifies the panel.
 *
 * It follows the client from `start` on, and does nothing else while the panel is closed.
 */
export class Monitor {
  /** Newest first. */
  requests: readonly LoggedRequest[] = [];

  private version = 0;
  private refresh: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(readonly client: DatabaseClient) {}

  /** Follows the client until the returned function is called. */
  start(): () => void {
    return inspectorOf(this.client)?.follow((event) => this.take(event)) ?? (() => {});
  }

  /** When an entry last changed, and how many observers it has. */
  inspect(key: string): { since: number | undefined; observers: number } {
    return inspectorOf(this.client)?.inspect(key) ?? { since: undefined, observers: 0 };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    const ticking = setInterval(this.publish, TICK_MS);
    return () => {
      clearInterval(ticking);
      this.listeners.delete(listener);
    };
  };

  readonly getVersion = (): number => this.version;

  private readonly publish = (): void => {
    clearTimeout(this.refresh);
    this.refresh = undefined;
    this.version += 1;
    this.listeners.forEach((listener) => listener());
  };

  private take(event: ClientEvent): void {
    if (event.type === 'userChanged') this.requests = [];
    if (event.type === 'sent' || event.type === 'attempt') this.requests = withEvent(this.requests, event);
    if (this.listeners.size > 0) this.refresh ??= setTimeout(this.publish, REFRESH_MS);
  }
}

function withEvent(
  requests: readonly LoggedRequest[],
  event: ClientEvent & { type: 'sent' | 'attempt' },
): readonly LoggedRequest[] {
  const now = performance.now();
  const known = requests.find(({ number }) => number === event.request);
  if (event.type === 'sent') {
    const { request: number, method, table, reads, attempt: attempts } = event;
    const begun = { number, method, table, reads, status: undefined, code: undefined, begunAt: now };
    const request = { ...(known ?? begun), attempts, isUnderWay: true, durationMs: undefined };
    return [request, ...requests.filter((other) => other !== known)].filter(
      ({ isUnderWay }, index) => isUnderWay || index < MOST_REQUESTS,
    );
  }
  // The request began before the monitor was started.
  if (known === undefined) return requests;
  const { status, code } = event;
  const ended = { ...known, status, code, isUnderWay: false, durationMs: now - known.begunAt };
  return requests.map((request) => (request === known ? ended : request));
}
