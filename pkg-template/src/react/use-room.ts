import { useEffect, useInsertionEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { DatabaseClient } from '../client.js';
import type { DatabaseError } from '../errors.js';
import type { SubscriptionStatus } from '../realtime-types.js';
import type { Member, Room, RoomOptions } from '../room-types.js';
import { toDatabaseError } from './errors.js';
import { idOf } from './ids.js';
import { useClient } from './provider.js';

export interface UseRoomResult<State extends object> {
  /** The other people in the room, by time of arrival. */
  others: readonly Member<State>[];
  /**
   * Changes the state that the others see of this tab. Members of `patch` replace those of the state; an undefined
   * member is removed. Throws INVALID_INPUT for a state of more than 1024 bytes of JSON.
   */
  setState: (patch: Partial<State>) => void;
  /**
   * Sends a message to the others who are in the room now. Returns false if `status` is not `live`: the message is
   * lost.
   */
  send: (event: string, payload?: unknown) => boolean;
  /**
   * Calls `handler` with the payload of every message with that name, in the component's current room. Returns a
   * function that stops it.
   */
  on: (event: string, handler: (payload: unknown) => void) => () => void;
  status: SubscriptionStatus;
  /** The reason, while `status` is `error`. */
  error: DatabaseError | null;
}

type Handler = (payload: unknown) => void;

/** A handler, and the function that removes it from the current room. */
interface HandlerPlace {
  readonly event: string;
  readonly handler: Handler;
  stop: (() => void) | undefined;
}
type Shown<State extends object> = Pick<UseRoomResult<State>, 'others' | 'status' | 'error'>;

const CONNECTING: Shown<never> = Object.freeze({ others: [], status: 'connecting', error: null });

/** One component's membership in a room, or in one room after another. */
class Place<State extends object> {
  private room: Room<State> | undefined;
  private shown: Shown<State> = CONNECTING;
  /** The state set while there was no room. */
  private early: Partial<State> = {};
  private readonly listeners = new Set<() => void>();
  private readonly handlers = new Set<HandlerPlace>();

  /** Joins a room. Returns a function that leaves it. */
  enter(client: DatabaseClient, workflowId: string, options: RoomOptions<State>): () => void {
    const join = () => {
      const { early } = this;
      this.early = {};
      this.attach(client, workflowId, { ...options, state: { ...options.state, ...early } as State });
    };
    join();
    // The user or the server changed: joins the room again.
    const stop = client.cache.onReset(() => {
      this.leave();
      join();
    });
    return () => {
      stop();
      this.leave();
      this.show(CONNECTING);
    };
  }

  private leave(): void {
    const { room } = this;
    this.room = undefined;
    room?.leave();
  }

  private attach(client: DatabaseClient, workflowId: string, options: RoomOptions<State>): void {
    try {
      const room = client.realtime.joinRoom(workflowId, options);
      this.room = room;
      for (const place of this.handlers) place.stop = room.on(place.event, place.handler);
      const look = () => {
        const { others, status, error } = room;
        if (this.room === room) this.show({ others, status, error });
      };
      room.subscribe(look);
      look();
    } catch (error) {
      this.show({ ...CONNECTING, status: 'error', error: toDatabaseError(error) });
    }
  }

  private show(shown: Shown<State>): void {
    const { others, status, error } = this.shown;
    if (others === shown.others && status === shown.status && error === shown.error) return;
    this.shown = shown;
    this.listeners.forEach((listener) => listener());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly get = (): Shown<State> => this.shown;

  readonly setState = (patch: Partial<State>): void => {
    if (this.room === undefined) this.early = { ...this.early, ...patch };
    else this.room.setState(patch);
  };

  readonly send = (event: string, payload?: unknown): boolean => this.room?.send(event, payload) ?? false;

  readonly on = (event: string, handler: Handler): (() => void) => {
    const place: HandlerPlace = { event, handler, stop: this.room?.on(event, handler) };
    this.handlers.add(place);
    return () => {
      place.stop?.();
      this.handlers.delete(place);
    };
  };
}

/**
 * The room of a workflow: the other people who work on it, and their states. The component renders again only when
 * `others`, `status` or `error` change, not for messages or its own `setState`. Without a `workflowId` it joins no
 * room.
 *
 * `initialState` and `name` apply when the room is joined. Components in the same room share one state.
 *
 * @example
 * ```tsx
 * function Cursors({ workflowId }: { workflowId: string }) {
 *   const { others, setState, status } = useRoom(workflowId, { cursor: null as { x: number; y: number } | null });
 *   return (
 *     <div onPointerMove={(event) => setState({ cursor: { x: event.clientX, y: event.clientY } })}>
 *       {status === 'live' && <p>{others.length} others are here</p>}
 *       {others.map(({ userId, name, color, state }) => {
 *         if (!state.cursor) return null;
 *         const { x, y } = state.cursor;
 *         return (
 *           <span key={userId} style={{ position: 'fixed', left: x, top: y, background: color, color: 'white' }}>
 *             {name}
 *           </span>
 *         );
 *       })}
 *     </div>
 *   );
 * }
 * ```
 */
export function useRoom<State extends object = Record<string, unknown>>(
  workflowId: string | null | undefined,
  initialState?: State,
  options: Pick<RoomOptions, 'name'> = {},
): UseRoomResult<State> {
  const client = useClient();
  const [place] = useState(() => new Place<State>());
  const latest = useRef<RoomOptions<State>>({});
  useInsertionEffect(() => {
    latest.current = { state: initialState, name: options.name };
  });
  const id = idOf(workflowId);
  useEffect(() => (id === '' ? undefined : place.enter(client, id, latest.current)), [place, client, id]);
  const shown = useSyncExternalStore(place.subscribe, place.get, () => CONNECTING as Shown<State>);
  return useMemo(() => {
    const { setState, send, on } = place;
    return { ...shown, setState, send, on };
  }, [place, shown]);
}
