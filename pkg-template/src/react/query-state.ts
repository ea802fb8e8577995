/**
 * What a query knows and does, and what each event makes of that: pure, so that every transition can be tested by itself.
 * `query.ts` brings the events, and does what a state asks for (a read, a timer).
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

/** An answer to the query. */
interface Answer<T> {
  readonly data: T;
  /** Whether it is that of another page or filter, shown until there is an own one. */
  readonly isBorrowed: boolean;
}

/** What a query is doing. `isAwaited`: the application waits for the answer, at first or after a refresh. */
export type Activity =
  /** It has no key: nothing is ever asked. */
  | { readonly status: 'disabled' }
  /** Nothing was asked since it was made, or since the user changed. */
  | { readonly status: 'new'; readonly isAwaited: boolean }
  /** The latest read is under way. */
  | {
      readonly status: 'reading';
      readonly isAwaited: boolean;
      /** Whether the server must be asked, whatever the cache has. */
      readonly isFresh: boolean;
      /** Whether the entry left during the read: its answer was overtaken by a change. */
      readonly isOvertaken: boolean;
      /** Whether the shown answer changed during the read: an answer that was overtaken may be the older one. */
      readonly isNewer: boolean;
    }
  /** The entry left. It is read again after `waitMs`. */
  | { readonly status: 'waiting'; readonly isAwaited: boolean; readonly waitMs: number }
  /** The last read failed. It is tried again after `waitMs`, unless that is undefined. */
  | { readonly status: 'failed'; readonly waitMs: number | undefined }
  /** The shown answer is right, as far as is known. */
  | { readonly status: 'settled' };

type Reading = Extract<Activity, { status: 'reading' }>;

export interface State<T> {
  readonly activity: Activity;
  readonly answer: Answer<T> | undefined;
  /** Why the last read failed. */
  readonly error: DatabaseError | null;
  /** Whether a component shows it. */
  readonly isObserved: boolean;
  /** Whether the server is asked even if the cache has the answer. */
  readonly isAlwaysAsked: boolean;
  /** How many reads there were. The latest one counts. */
  readonly reads: number;
  /** How many reads failed in a row. */
  readonly failures: number;
  /** How long the entry that left last was waited for, and the end of that wait. */
  readonly pace: { readonly waitMs: number; readonly untilMs: number };
}

export type Event<T> =
  /** The first component shows it. */
  | { readonly type: 'observed' }
  /** The last component went. */
  | { readonly type: 'unobserved' }
  /** Asks the server, for an application that waits (`isAwaited`) or in the background. */
  | { readonly type: 'refreshed'; readonly isAwaited: boolean }
  /** The wait of `waiting` or `failed` is over. */
  | { readonly type: 'waited' }
  /** Read number `read` ended well; `isAtOnce`: without leaving the task in which it began. */
  | { readonly type: 'answered'; readonly read: number; readonly data: T; readonly isAtOnce: boolean }
  /** Read number `read` failed. */
  | { readonly type: 'failed'; readonly read: number; readonly error: DatabaseError }
  /** The cache entry was stored, patched or dropped. */
  | { readonly type: 'entryChanged' }
  /** The cache entry of the row that the query is about changed. */
  | { readonly type: 'rowChanged' }
  /** A write is about to end well. `data`: the answer with its effect. */
  | { readonly type: 'written'; readonly data: T | undefined }
  /** Changes flow again: what could not be read may be readable. */
  | { readonly type: 'recovered' }
  /** The user changed: what is known is another user's. */
  | { readonly type: 'userChanged' };

/** What is around the query at the time of an event. */
export interface Surroundings<T> {
  /** The cache entry, if there is one. */
  readonly stored: T | undefined;
  readonly nowMs: number;
}

const CALM = { waitMs: 0, untilMs: -Infinity };
/** Asking again would not change these: the question is wrong, no client can be asked, or this user may not ask. */
const FINAL_CODES = ['INVALID_INPUT', 'NOT_CONFIGURED', '42501'];

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

/** What an event makes of a state: the same object when it changes nothing. */
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
      return around.stored === undefined ? left(state, around) : stored(state, around.stored);
    case 'rowChanged':
      return state.answer?.data === null && !isUnderWay(activity) ? rereading(state, around) : state;
    case 'written':
      return written(state, event.data, around);
    case 'recovered':
      return state.error === null ? state : readingMissing(state, around);
    case 'userChanged':
      return forgetting(state);
  }
}

/** Whether the application waits for the answer. */
export function isAwaited(activity: Activity): boolean {
  return 'isAwaited' in activity && activity.isAwaited;
}

/** Whether it is being read, or will be in a moment. */
export function isUnderWay({ status }: Activity): boolean {
  return status === 'reading' || status === 'waiting';
}

function mustAsk<T>({ answer, isAlwaysAsked }: State<T>): boolean {
  return answer === undefined || answer.isBorrowed || isAlwaysAsked;
}

function isFinal(error: DatabaseError | null): boolean {
  return error !== null && FINAL_CODES.includes(error.code);
}

function observed<T>(state: State<T>, { stored }: Surroundings<T>): State<T> {
  const next = stored === undefined ? state : owning(state, stored);
  const { activity } = next;
  // It may have been observed before, when the component was mounted once already.
  if (activity.status === 'reading') return next;
  const isNew = activity.status === 'new';
  const isDue = isNew && mustAsk(next);
  if (isDue || stored === undefined) return reading(next, isDue && isAwaited(activity));
  return isNew ? { ...next, activity: SETTLED } : next;
}

/** What is to come is not waited for; a read under way is. */
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

/** Reads again what left, and is shown. */
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

/** Reads again what is neither stored nor being read: it hears of no change. */
function readingMissing<T>(state: State<T>, around: Surroundings<T>): State<T> {
  const isMissing = around.stored === undefined && !isUnderWay(state.activity) && !isFinal(state.error);
  return isMissing ? rereading(state, around) : state;
}

function answered<T>(
  state: State<T>,
  { isAwaited, isOvertaken, isNewer }: Reading,
  { data, isAtOnce }: { data: T; isAtOnce: boolean },
  around: Surroundings<T>,
): State<T> {
  const { stored } = around;
  // What is stored is newer than an answer that was overtaken. Without that the answer is shown, although it will be
  // read again: under steady changes each is overtaken.
  const isKept = stored === undefined && isOvertaken && isNewer && state.answer?.isBorrowed === false;
  // What was put together at once from other entries may be again at any time.
  const pace = isAtOnce ? CALM : state.pace;
  const next = { ...(isKept ? state : owning(state, stored ?? data)), error: null, pace };
  const isUnknown = isOvertaken && stored === undefined && state.isObserved;
  // What the application waits for is not over before it is shown.
  return isUnknown ? rereading(next, around, isAwaited && isKept) : { ...next, activity: SETTLED };
}

function failed<T>(state: State<T>, error: DatabaseError, { stored }: Surroundings<T>): State<T> {
  const isTriedAgain = state.isObserved && stored === undefined && !isFinal(error);
  const waitMs = isTriedAgain ? backoffMs(HOOK_RETRY_BACKOFF, state.failures) : undefined;
  const failures = isTriedAgain ? state.failures + 1 : state.failures;
  return { ...state, activity: { status: 'failed', waitMs }, error, failures };
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

/** What is not stored is read again; until that is here, what was written stays shown. */
function written<T>(state: State<T>, data: T | undefined, around: Surroundings<T>): State<T> {
  const { activity, answer } = state;
  if (answer === undefined || data === undefined) return readingMissing(state, around);
  if (around.stored !== undefined) return state;
  const isChanged = !isSame(data, answer.data);
  const next = isChanged ? { ...state, answer: { ...answer, data } } : state;
  if (activity.status !== 'reading') return answer.data === null ? next : readingMissing(next, around);
  return isChanged ? { ...next, activity: { ...activity, isNewer: true } } : next;
}

/** What is known is another user's. */
function forgetting<T>(state: State<T>): State<T> {
  // Not at once: when a user signs out every entry goes, and then the component does too.
  const activity: Activity = state.isObserved
    ? { status: 'waiting', isAwaited: true, waitMs: 0 }
    : { status: 'new', isAwaited: true };
  return { ...state, activity, answer: undefined, error: null, failures: 0 };
}
