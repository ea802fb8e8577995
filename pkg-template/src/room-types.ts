/// <reference lib="esnext.disposable" preserve="true" />
import type { DatabaseError } from './errors.js';
import type { SubscriptionStatus } from './realtime-types.js';

/** One of the other people in a room, with one or more tabs. */
export interface Member<State extends object = Record<string, unknown>> {
  readonly userId: string;
  /**
   * The name with which the person's client joined: `name`, otherwise `full_name` or `name` from the user's metadata,
   * otherwise the part of the email address before the `@`. May be empty.
   */
  readonly name: string;
  /** Always the same for the same user, such as `#005ea8`. White text is readable on it. */
  readonly color: string;
  /**
   * The state of the person's tab that changed its state last. The same object as long as nothing changes. Another
   * version of the app may have other members.
   */
  readonly state: Readonly<Partial<State>>;
  /** When the person's first tab arrived, by that computer's clock, in ISO format. */
  readonly since: string;
}

/** Options for joining a room. */
export interface RoomOptions<State extends object = Record<string, unknown>> {
  /** The initial state that the others see of this tab. */
  state?: State | undefined;
  /** The user's name for the others, at most 100 characters; by default the name in the token. */
  name?: string | undefined;
}

/**
 * A workflow's room, as `joinRoom` returns it to one component. Components that join the same room with one client are
 * in it once and share one state.
 */
export interface Room<State extends object = Record<string, unknown>> {
  readonly workflowId: string;
  /**
   * `connecting` until the server has admitted the user; `live` from then on; `reconnecting` while the connection is
   * down; `closed` for good, after `leave` or when another user signs in. `error` if the user has no access, or if the
   * server has been unreachable for long: retries continue, and when one succeeds, the status becomes `live`.
   */
  readonly status: SubscriptionStatus;
  /** The reason, while `status` is `error`: 42501 if row security does not admit the user. */
  readonly error: DatabaseError | null;
  /**
   * The other people, by time of arrival. The same list as long as nothing changes. Unchanged while `reconnecting`;
   * empty while `error` and once `closed`.
   */
  readonly others: readonly Member<State>[];
  /**
   * Changes the state that the others see of this tab. Members of `patch` replace those of the state; an undefined
   * member is removed. Sent at most 20 times a second; the last state always arrives.
   *
   * @throws DatabaseError INVALID_INPUT if the whole state exceeds 1024 bytes of JSON, or is not JSON. Nothing changes
   * then.
   */
  setState(patch: Partial<State>): void;
  /**
   * Sends a message to the others who are in the room now. Returns false if `status` is not `live`: the message is
   * lost.
   *
   * @throws DatabaseError INVALID_INPUT if the event is not a valid name, or the payload is not JSON.
   */
  send(event: string, payload?: unknown): boolean;
  /** Calls `handler` with the payload of every message with that name. Returns a function that stops it. */
  on(event: string, handler: (payload: unknown) => void): () => void;
  /** Calls `listener` after every change of `others`, `status` and `error`. Returns a function that stops it. */
  subscribe(listener: () => void): () => void;
  /** Leaves immediately. The room ends when all components that joined it have left. */
  leave(): void;
  /** The same, for `using room = realtime.joinRoom(…)`. */
  [Symbol.dispose](): void;
}
