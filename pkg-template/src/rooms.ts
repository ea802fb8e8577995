import { invalid, readable, type DatabaseError } from './errors.js';
import type { Client } from './generated/bindings.js';
import { Keeper } from './lifetime.js';
import type { ClientEvent } from './options.js';
import type { SubscriptionStatus } from './realtime-types.js';
import type { Member, Room, RoomOptions } from './room-types.js';
import type { Spellings } from './spellings.js';
import { afterStep, notify } from './step.js';
import { isWellFormed, stringify } from './stringify.js';

/** A member of a state: its name, and its value as JSON; without a value to remove it. */
type StateMember = [name: string, json: string | undefined];

/** A member of a room in the engine's format. */
type Listed = [userId: string, name: string, color: string, state: object, sinceMs: number];

type Handler = (payload: unknown) => void;

const NOBODY: readonly Member[] = [];

/** One room, shared by all components that joined it. */
class SharedRoom {
  status: SubscriptionStatus = 'connecting';
  error: DatabaseError | null = null;
  others = NOBODY;
  readonly handles = new Set<RoomHandle>();
  /** The current state, for the next engine if this one fails. */
  readonly state = new Map<string, string>();

  constructor(
    /** The engine's number for it. */
    public number: number,
    readonly name: string | undefined,
  ) {}

  note(members: readonly StateMember[]): void {
    for (const [name, json] of members) {
      if (json === undefined) this.state.delete(name);
      else this.state.set(name, json);
    }
  }
}

/** One component's membership in a room. */
class RoomHandle implements Room {
  private readonly listeners = new Set<() => void>();
  private readonly handlers = new Map<string, Set<Handler>>();
  private isLeft = false;

  constructor(
    readonly workflowId: string,
    private readonly shared: SharedRoom,
    private readonly rooms: Rooms,
  ) {}

  get status(): SubscriptionStatus {
    return this.isLeft ? 'closed' : this.shared.status;
  }

  get error(): DatabaseError | null {
    return this.shared.error;
  }

  get others(): readonly Member[] {
    return this.isLeft ? NOBODY : this.shared.others;
  }

  // Properties instead of methods, so that a component can pass them on.
  readonly setState = (patch: object): void => {
    if (this.status !== 'closed') this.rooms.show(this.shared, patch);
  };

  readonly send = (event: string, payload?: unknown): boolean =>
    this.status !== 'closed' && this.rooms.send(this.shared, event, payload);

  readonly on = (event: string, handler: Handler): (() => void) => {
    if (typeof handler !== 'function') throw invalid('handler', 'a function');
    const handlers = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, handlers);
    // A separate function, so that a handler added twice is called twice.
    const own: Handler = (payload) => handler(payload);
    handlers.add(own);
    return () => void handlers.delete(own);
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    if (typeof listener !== 'function') throw invalid('listener', 'a function');
    const own = () => listener();
    this.listeners.add(own);
    return () => void this.listeners.delete(own);
  };

  readonly leave = (): void => {
    if (this.isLeft) return;
    this.isLeft = true;
    this.changed();
    this.listeners.clear();
    this.handlers.clear();
    this.rooms.leave(this, this.shared);
  };

  [Symbol.dispose](): void {
    this.leave();
  }

  changed(): void {
    this.listeners.forEach((listener) => notify(listener));
  }

  received(event: string, payload: unknown): void {
    this.handlers.get(event)?.forEach((handler) => notify(() => handler(payload)));
  }
}

/** The rooms of one client. The engine makes all decisions about them. */
export class Rooms {
  private readonly byNumber = new Map<number, SharedRoom>();
  /** Keeps the client in memory while there are rooms. */
  private readonly keeper = new Keeper(this);

  constructor(
    private readonly client: () => Client,
    private readonly happened: (event: ClientEvent) => void,
    private readonly spellings: Spellings,
  ) {}

  readonly join = <State extends object>(workflowId: string, given: RoomOptions<State> = {}): Room<State> => {
    const { state, name } = optionsOf(given);
    const members = this.members(state ?? {});
    if (typeof workflowId !== 'string') throw invalid('workflowId', 'a uuid');
    if (name !== undefined && (typeof name !== 'string' || !isWellFormed(name)))
      throw invalid('name', 'a text');
    const number = this.client().joinRoom(workflowId, name, members);
    const shared = this.byNumber.get(number) ?? new SharedRoom(number, name);
    this.byNumber.set(number, shared);
    const isShown = (member: StateMember) => shared.handles.size > 0 && shared.state.has(member[0]);
    shared.note(members.filter((member) => !isShown(member)));
    const handle = new RoomHandle(workflowId.toLowerCase(), shared, this);
    shared.handles.add(handle);
    this.keeper.keep(true);
    return handle as unknown as Room<State>;
  };

  show(shared: SharedRoom, patch: object): void {
    const members = this.members(patch);
    this.client().setRoomState(shared.number, members);
    shared.note(members);
  }

  send(shared: SharedRoom, event: string, payload: unknown): boolean {
    if (typeof event !== 'string' || !isWellFormed(event)) throw invalid('event', 'a text');
    const json = this.json('payload', payload) ?? 'null';
    return this.client().sendToRoom(shared.number, event, json);
  }

  leave(handle: RoomHandle, shared: SharedRoom): void {
    shared.handles.delete(handle);
    // The engine reports when the room has ended: a component that left may join again in the same tick.
    if (shared.status !== 'closed') this.client().leaveRoom(shared.number);
  }

  roomStands(number: number, status: SubscriptionStatus, error: DatabaseError | undefined): void {
    const shared = this.byNumber.get(number);
    if (shared === undefined) return;
    if (status === 'closed') this.forget(shared);
    const [handle] = shared.handles;
    if (handle !== undefined) {
      this.happened({ type: 'room', workflowId: handle.workflowId, status, code: error?.code });
    }
    this.change(shared, { status, error: error ?? null, ...(status === 'closed' && { others: NOBODY }) });
  }

  others(number: number, listed: readonly Listed[]): void {
    const shared = this.byNumber.get(number);
    if (shared === undefined) return;
    const known = new Map(shared.others.map((member) => [member.userId, member]));
    this.change(shared, { others: listed.map((one) => memberOf(one, known.get(one[0]))) });
  }

  message(number: number, { event, payload }: { event: string; payload: unknown }): void {
    this.byNumber.get(number)?.handles.forEach((handle) => handle.received(event, payload));
  }

  unable(error: DatabaseError): void {
    this.byNumber.forEach((shared) => this.change(shared, { status: 'error', error }));
  }

  /** The engine is gone, and its rooms with it. */
  detachAll(): void {
    for (const shared of this.byNumber.values()) {
      if (shared.status === 'live') afterStep(() => this.change(shared, { status: 'reconnecting' }));
    }
  }

  /** Joins the same rooms in the next engine. */
  reattachAll(): void {
    for (const shared of [...this.byNumber.values()]) {
      this.forget(shared);
      const [first, ...more] = shared.handles;
      if (first === undefined) continue;
      this.keeper.keep(true);
      shared.number = this.client().joinRoom(first.workflowId, shared.name, [...shared.state]);
      more.forEach(() => this.client().joinRoom(first.workflowId, undefined, []));
      this.byNumber.set(shared.number, shared);
    }
  }

  isEmpty(): boolean {
    return this.byNumber.size === 0;
  }

  private forget(shared: SharedRoom): void {
    this.byNumber.delete(shared.number);
    this.keeper.keep(this.byNumber.size > 0);
  }

  private change(shared: SharedRoom, to: Partial<Pick<SharedRoom, 'status' | 'error' | 'others'>>): void {
    Object.assign(shared, to);
    shared.handles.forEach((handle) => handle.changed());
  }

  /** The members of a state, each as JSON: reading them may run the application's code. */
  private members(state: object): StateMember[] {
    return readable('state', () => {
      if (typeof state !== 'object' || state === null || Array.isArray(state))
        throw invalid('state', 'an object');
      return Object.entries(state).map(([name, value]) => {
        if (!isWellFormed(name)) throw invalid('state', 'names without half of a surrogate pair');
        return [name, this.json(`state.${name}`, value)];
      });
    });
  }

  private json(path: string, value: unknown): string | undefined {
    const origin = { path, row: undefined, column: path, spellings: this.spellings };
    return readable(path, () => stringify(value, origin));
  }
}

function optionsOf<State extends object>(given: RoomOptions<State>): RoomOptions<State> {
  return readable('options', () => {
    if (Object(given ?? {}) !== (given ?? {})) throw invalid('options', 'an object');
    return { ...given };
  });
}

/** The member; the application's current object if nothing differs. */
function memberOf([userId, name, color, state, sinceMs]: Listed, known: Member | undefined): Member {
  const since = new Date(sinceMs).toISOString();
  if (known?.name === name && known.state === state && known.since === since) return known;
  return { userId, name, color, state: state as Record<string, unknown>, since };
}
