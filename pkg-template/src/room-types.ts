/// <reference lib="esnext.disposable" preserve="true" />
import type { DatabaseError } from './errors.js';
import type { SubscriptionStatus } from './realtime-types.js';

/** One of the others in a room: a person, in however many tabs. */
export interface Member<State extends object = Record<string, unknown>> {
  readonly userId: string;
  /**
   * The name that the person's client joined with: `name`, else `full_name` or `name` of the user's metadata, else what the
   * e-mail address begins with. May be empty.
   */
  readonly name: string;
  /** The same one for the same user everywhere, such as `#005ea8`. White text is readable on it. */
  readonly color: string;
  /**
   * What the person's tabs show; of several tabs, the one that showed something last. The same object as long as nothing
   * changes. Another version of the app may show less, or something else.
   */
  readonly state: Readonly<Partial<State>>;
  /** When the person's first tab came, by that computer's clock, in ISO format. */
  readonly since: string;
}

/** How to enter a room. */
export interface RoomOptions<State extends object = Record<string, unknown>> {
  /** What the others see of this tab at first. */
  state?: State | undefined;
  /** How the others see the user called, at most 100 characters; what the token says unless given. */
  name?: string | undefined;
}

/**
 * A workflow's room, as `joinRoom` gives it to one component. All that join the same room with one client are in it once:
 * they show one state together.
 */
export interface Room<State extends object = Record<string, unknown>> {
  readonly workflowId: string;
  /**
   * `connecting` until the server has let the user in; `live` from then on; `reconnecting` while the connection is down;
   * `closed` for good, after `leave` or when another user is signed in. `error` when the user has no access, or when the
   * server cannot be reached for long: attempts go on, and when one succeeds, the status is `live`.
   */
  readonly status: SubscriptionStatus;
  /** Why it does not work, while `status` is `error`: 42501 when row security does not let the user in. */
  readonly error: DatabaseError | null;
  /**
   * The others, those first who came first. The same list until something in it changes. While `reconnecting`, as it was
   * last; empty while `error` and once `closed`.
   */
  readonly others: readonly Member<State>[];
  /**
   * Changes what the others see of this tab. Members of `patch` replace those of the state; one that is undefined is removed.
   * Goes out at most 20 times a second, and the last state arrives in any case.
   *
   * @throws DatabaseError INVALID_INPUT when the whole state is more than 1024 bytes of JSON, or no JSON. Nothing changes then.
   */
  setState(patch: Partial<State>): void;
  /**
   * Sends a message to the others who are in the room now. False when it is not `live`: then the message is lost.
   *
   * @throws DatabaseError INVALID_INPUT when the event is no name, or the payload no JSON.
   */
  send(event: string, payload?: unknown): boolean;
  /** Calls `handler` with the payload of every message of that name. The result ends that. */
  on(event: string, handler: (payload: unknown) => void): () => void;
  /** Calls `listener` after every change of `others`, `status` and `error`. The result ends that. */
  subscribe(listener: () => void): () => void;
  /** Leaves at once. The room is over when all that joined it have left. */
  leave(): void;
  /** The same, for `using room = realtime.joinRoom(…)`. */
  [Symbol.dispose](): void;
}
