/**
 * The state of a query and its transitions. This module is pure, so that each transition can be tested separately;
 * `query.ts` supplies the events and performs the actions of a state (a read, a timer).
 *
 * ```text
 * new ──────► reading ──────► settled
 *               ▲  │             │ the entry left
 *               │  │ overtaken   ▼
 *               ├──┴────────► waiting
 *               └──────────── failed
 * ```
 */
import { backoffMs } from '../backoff.js';
import type { DatabaseError } from '../errors.js';
import { HOOK_CALM_MS, HOOK_REREAD_BACKOFF, HOOK_RETRY_BACKOFF } from '../generated/timing.js';
import { isSame } from './same.js';

/** A result of the query. */
interface Answer<T> {
  readonly data: T;
  /** Whether it belongs to another page or filter and is shown until the query has its own result. */
  readonly isBorrowed: boolean;
}

/** What a query is doing. `isAwaited`: the application waits for the result, initially or after a refresh. */
export type Activity =
  /** It has no key, so it never reads. */
  | { readonly status: 'disabled' }
  /** Nothing was read since it was created, or since the user changed. */
  | { readonly status: 'new'; readonly isAwaited: boolean }
  /** The latest read is in flight. */
  | {
      readonly status: 'reading';
      readonly isAwaited: boolean;
      /** Whether the read must bypass the cache. */
      readonly isFresh: boolean;
      /** Whether the entry was dropped during the read, so a change overtook its response. */
      readonly isOvertaken: boolean;
      /** Whether the shown result changed during the read, so an overtaken response may be older. */
      readonly isNewer: boolean;
    }
  /** The entry was dropped. It is read again after `waitMs`. */
  | { readonly status: 'waiting'; readonly isAwaited: boolean; readonly waitMs: number }
  /** The last read failed. It is retried after `waitMs`, unless that is undefined. */
  | { readonly status: 'failed'; readonly waitMs: number | undefined }
  /** The shown result is up to date, as far as is known. */
  | { readonly status: 'settled' };

type Reading = Extract<Activity, { status: 'reading' }>;

export interface State<T> {
  readonly activity: Activity;
  readonly answer: Answer<T> | undefined;
  /** The error of the last read. */
  readonly error: DatabaseError | null;
  /** Whether a component shows it. */
  readonly isObserved: boolean;
  /** Whether to send a request even if the cache has the result. */
  readonly isAlwaysAsked: boolean;
  /** The number of reads. Only the latest one counts. */
  readonly reads: number;
  /** The number of consecutive failures. */
  readonly failures: number;
  /** The delay before the last dropped entry was read again, and the time after which the delays reset. */
  readonly pace: { readonly waitMs: number; readonly untilMs: number };
}

export type Event<T> =
  /** The first component shows it. */
  | { readonly type: 'observed' }
  /** The last component was removed. */
  | { readonly type: 'unobserved' }
  /** Sends a request, for an application that waits (`isAwaited`) or in the background. */
  | { readonly type: 'refreshed'; readonly isAwaited: boolean }
  /** The delay of `waiting` or `failed` is over. */
  | { readonly type: 'waited' }
  /** Read number `read` succeeded; `isAtOnce`: within the task in which it began. */
  | { readonly type: 'answered'; readonly read: number; readonly data: T; readonly isAtOnce: boolean }
  /** Read number `read` failed. */
  | { readonly type: 'failed'; readonly read: number; readonly error: DatabaseError }
  /** The cache entry was stored, patched or dropped. */
  | { readonly type: 'entryChanged' }
  /** The cache entry of the query's own row changed. */
  | { readonly type: 'rowChanged' }
  /** A write is about to succeed. `data`: the result with its effect. */
  | { readonly type: 'written'; readonly data: T | undefined }
  /** A subscription is live again: failed reads may succeed now. */
  | { readonly type: 'recovered' }
  /** The user changed: the known result is another user's. */
  | { readonly type: 'userChanged' };

/** The query's environment at the time of an event. */
export interface Surroundings<T> {
  /** The cache entry, if there is one. */
  readonly stored: T | undefined;
  /** Whether the entry is from an earlier visit: it is shown while the server is read. */
  readonly isRestored?: boolean;
  readonly nowMs: number;
}

const CALM = { waitMs: 0, untilMs: -Infinity };
/**
 * Errors that a retry would not solve: the query is invalid, no client is configured, the database lacks something, or
 * the user lacks permission.
 */
const FINAL_CODES = ['INVALID_INPUT', 'NOT_CONFIGURED', 'MIGRATION_REQUIRED', '42501'];

const DISABLED: Activity = { status: 'disabled' };
const SETTLED: Activity = { status: 'settled' };

/** The state of a query that no component shows yet. */
export function initialState<T>(
  { key, isAlwaysAsked = false }: { key: string; isAlwaysAsked?: boolean },
  stored: T | undefined,
  borrowed: T | undefined,
): State<T> {
  const data = stored ?? borrowed;
  const state: State<T> = {
    activity: DISABLED,
    answer: data === undefined ? undefined : { data, isBorrowed: stored === undefined },
    ...{ error: null, isObserved: false, isAlwaysAsked, reads: 0, failures: 0, pace: CALM },
  };
  return key === '' ? state : { ...state, activity: { status: 'new', isAwaited: mustAsk(state) } };
}

/** The state after an event; the same object if nothing changes. */
export function transition<T>(state: State<T>, event: Event<T>, around: Surroundings<T>): State<T> {
  const { activity } = state;
  const { status } = activity;
  if (status === 'disabled') return state;
  switch (event.type) {
    case 'observed':
      return observed({ ...state, isObserved: true }, around);
    case 'unobserved':
      return unobserved({ ...state, isObserved: false });
    case 'refreshed':
      if (event.isAwaited) return reading(state, true, true);
      return isUnderWay(activity) ? state : reading(state, false, true);
    case 'waited':
      return status === 'waiting' || status === 'failed' ? reading(state, isAwaited(activity)) : state;
    case 'answered':
      return status === 'reading' && event.read === state.reads
        ? answered(state, activity, event, around)
        : state;
    case 'failed':
      return status === 'reading' && event.read === state.reads ? failed(state, event.error, around) : state;
    case 'entryChanged':
      if (around.stored === undefined) return left(state, around);
      return around.isRestored ? restored(state, around.stored) : stored(state, around.stored);
    case 'rowChanged':
      return state.answer?.data === null && !isUnderWay(activity) ? rereading(state, around) : state;
    case 'written':
      return written(state, event.data, around);
    case 'recovered':
      return status === 'failed' ? readingMissing(state, around) : state;
    case 'userChanged':
      return forgetting(state);
  }
}

/** Whether the application waits for the result. */
export function isAwaited(activity: Activity): boolean {
  return 'isAwaited' in activity && activity.isAwaited;
}

/** Whether a read is in flight or about to start. */
export function isUnderWay({ status }: Activity): boolean {
  return status === 'reading' || status === 'waiting';
}

function mustAsk<T>({ answer, isAlwaysAsked }: State<T>): boolean {
  return answer === undefined || answer.isBorrowed || isAlwaysAsked;
}

function isFinal(error: DatabaseError | null): boolean {
  return error !== null && FINAL_CODES.includes(error.code);
}

function observed<T>(state: State<T>, { stored, isRestored = false }: Surroundings<T>): State<T> {
  const next = stored === undefined ? state : owning(state, stored);
  const { activity } = next;
  // It may have been observed before, if the component was mounted earlier.
  if (activity.status === 'reading') return next;
  const isNew = activity.status === 'new';
  const isDue = isNew && mustAsk(next);
  if (isDue || isRestored || stored === undefined) return reading(next, isDue && isAwaited(activity));
  return isNew ? { ...next, activity: SETTLED } : next;
}

/** Cancels planned reads, but not a read in flight. */
function unobserved<T>(state: State<T>): State<T> {
  const { activity, answer, error } = state;
  if (activity.status !== 'waiting' && activity.status !== 'failed') return state;
  if (error !== null) return { ...state, activity: { status: 'failed', waitMs: undefined } };
  return { ...state, activity: answer === undefined ? { status: 'new', isAwaited: true } : SETTLED };
}

function owning<T>(state: State<T>, data: T): State<T> {
  return { ...state, answer: { data, isBorrowed: false }, failures: 0 };
}

function reading<T>(state: State<T>, isAwaited: boolean, isFresh = false): State<T> {
  const activity = { status: 'reading', isAwaited, isFresh, isOvertaken: false, isNewer: false } as const;
  return { ...state, activity, reads: state.reads + 1 };
}

/** Reads again an entry that was dropped while shown. */
function rereading<T>(state: State<T>, { nowMs }: Surroundings<T>, isAwaited = false): State<T> {
  const { pace } = state;
  const isCalm = nowMs - pace.untilMs > HOOK_CALM_MS + 2 * pace.waitMs;
  const { firstMs, maxMs } = HOOK_REREAD_BACKOFF;
  const waitMs = isCalm ? 0 : Math.min(Math.max(2 * pace.waitMs, firstMs), maxMs);
  return {
    ...state,
    activity: { status: 'waiting', isAwaited, waitMs },
    pace: { waitMs, untilMs: nowMs + waitMs },
  };
}

/** Shows the entry of an earlier visit. The application no longer waits, and a read in flight continues. */
function restored<T>(state: State<T>, data: T): State<T> {
  const { activity } = state;
  const next = owning(state, data);
  return isAwaited(activity) ? { ...next, activity: { ...activity, isAwaited: false } as Activity } : next;
}

/** Reads again a result that is neither stored nor being read, because no change would be reported for it. */
function readingMissing<T>(state: State<T>, around: Surroundings<T>): State<T> {
  const isMissing = isUnconfirmed(around) && !isUnderWay(state.activity) && !isFinal(state.error);
  return isMissing ? rereading(state, around) : state;
}

function answered<T>(
  state: State<T>,
  { isAwaited, isOvertaken, isNewer }: Reading,
  { data, isAtOnce }: { data: T; isAtOnce: boolean },
  around: Surroundings<T>,
): State<T> {
  const { stored } = around;
  // A stored entry is newer than an overtaken response. Without an entry, the response is shown although it will be
  // read again; under constant changes every response is overtaken.
  const isKept = stored === undefined && isOvertaken && isNewer && state.answer?.isBorrowed === false;
  // A result composed at once from other entries can be composed again at any time.
  const pace = isAtOnce ? CALM : state.pace;
  const next = { ...(isKept ? state : owning(state, stored ?? data)), error: null, pace };
  const isUnknown = isOvertaken && stored === undefined && state.isObserved;
  // The server could not be reached, and the result is that of an earlier visit.
  if (around.isRestored && state.isObserved) return retrying({ ...next, failures: state.failures });
  // The application keeps waiting until the result is shown.
  return isUnknown ? rereading(next, around, isAwaited && isKept) : { ...next, activity: SETTLED };
}

function failed<T>(state: State<T>, error: DatabaseError, around: Surroundings<T>): State<T> {
  const isTriedAgain = state.isObserved && isUnconfirmed(around) && !isFinal(error);
  const next = { ...state, error };
  return isTriedAgain ? retrying(next) : { ...next, activity: { status: 'failed', waitMs: undefined } };
}

/** Whether the server has not confirmed an entry. */
function isUnconfirmed<T>({ stored, isRestored = false }: Surroundings<T>): boolean {
  return stored === undefined || isRestored;
}

/** Reads again after a pause that grows with each failure. */
function retrying<T>(state: State<T>): State<T> {
  const waitMs = backoffMs(HOOK_RETRY_BACKOFF, state.failures);
  return { ...state, activity: { status: 'failed', waitMs }, failures: state.failures + 1 };
}

/** The entry was stored or patched. */
function stored<T>(state: State<T>, data: T): State<T> {
  const { activity } = state;
  const isReading = activity.status === 'reading';
  return {
    ...owning(state, data),
    error: null,
    activity: isReading ? { ...activity, isNewer: true } : SETTLED,
  };
}

/** The entry was dropped. */
function left<T>(state: State<T>, around: Surroundings<T>): State<T> {
  const { activity } = state;
  if (activity.status === 'reading') return { ...state, activity: { ...activity, isOvertaken: true } };
  return activity.status === 'waiting' ? state : rereading(state, around);
}

/** Reads again a result that is not stored; until it arrives, the written data stays visible. */
function written<T>(state: State<T>, data: T | undefined, around: Surroundings<T>): State<T> {
  const { activity, answer } = state;
  if (answer === undefined || data === undefined) return readingMissing(state, around);
  if (around.stored !== undefined) return state;
  const isChanged = !isSame(data, answer.data);
  const next = isChanged ? { ...state, answer: { ...answer, data } } : state;
  if (activity.status !== 'reading') return answer.data === null ? next : readingMissing(next, around);
  return isChanged ? { ...next, activity: { ...activity, isNewer: true } } : next;
}

/** Forgets another user's result. */
function forgetting<T>(state: State<T>): State<T> {
  // Not immediately: signing out drops every entry, and the component usually unmounts next.
  const activity: Activity = state.isObserved
    ? { status: 'waiting', isAwaited: true, waitMs: 0 }
    : { status: 'new', isAwaited: true };
  return { ...state, activity, answer: undefined, error: null, failures: 0 };
}
