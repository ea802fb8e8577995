import { useSyncExternalStore } from 'react';
import { getCacheManager, type CacheStats, type ClientEvent } from 'workflow-db';

type LoggedEvent = Extract<ClientEvent, { type: 'attempt' | 'hit' | 'joined' }>;

/** One line of the log: a request that was made, or a read that needed none. */
export interface Activity {
  id: number;
  at: Date;
  event: LoggedEvent;
}

export interface ActivitySummary {
  stats: CacheStats;
  /** Requests since the page was loaded. */
  requests: number;
  /** Requests since the visitor last went from one view to another. */
  requestsOfView: number;
  /** Newest first. */
  log: Activity[];
}

const LOGGED = new Set<ClientEvent['type']>(['attempt', 'hit', 'joined']);
const isLogged = (event: ClientEvent): event is LoggedEvent => LOGGED.has(event.type);
const LOG_LENGTH = 60;
/** Events come in bursts: they are shown together, and after the work that caused them. */
const PUBLISH_DELAY_MS = 60;

let log: Activity[] = [];
let count = 0;
let requests = 0;
let requestsBeforeView = 0;
let summary: ActivitySummary | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Takes what workflow-db tells through `onEvent`. */
export function recordEvent(event: ClientEvent): void {
  if (event.type === 'attempt') requests += 1;
  if (isLogged(event)) {
    count += 1;
    log = [{ id: count, at: new Date(), event }, ...log].slice(0, LOG_LENGTH);
  }
  publishSoon();
}

/** From here on, requests belong to another view. */
export function startView(): void {
  requestsBeforeView = requests;
  publishSoon();
}

function publishSoon(): void {
  timer ??= setTimeout(() => {
    timer = undefined;
    summary = undefined;
    listeners.forEach((listener) => listener());
  }, PUBLISH_DELAY_MS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function current(): ActivitySummary {
  summary ??= {
    stats: getCacheManager().getStats(),
    requests,
    requestsOfView: requests - requestsBeforeView,
    log,
  };
  return summary;
}

export function useActivity(): ActivitySummary {
  return useSyncExternalStore(subscribe, current);
}
