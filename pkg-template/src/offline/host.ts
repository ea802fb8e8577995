import { plainArguments } from '../arguments.js';
import type { ResendOptions } from '../db.js';
import { expand, release, uuid } from '../generated/bind.js';
import type { Shown } from '../generated/offline-bindings.js';
import type { ClientParts } from '../offline-part.js';
import type { CallOptions } from '../options.js';
import { overlaysOf } from '../react/overlays.js';
import { stringify } from '../stringify.js';
import type { Change } from './tabs.js';
import { within } from './within.js';

/** A validated write, to be kept and sent later. Everything in it can be stored as JSON. */
export interface Plan {
  readonly action: 'insert' | 'update' | 'delete' | 'upsert' | 'ensure' | 'save';
  readonly table: string;
  /** Names the row together with `table`; equal for all writes to that row. */
  readonly key: string;
  readonly rowId: string | null;
  /** The rows that this row belongs to, each as `table key`. */
  readonly refs: readonly string[];
  /** JSON of the new row, the changed columns or the graph; empty for a delete. Keeps numbers as they are spelled. */
  readonly body: string;
  /** JSON of a `Call`: what else is needed to send it. */
  readonly rest: string;
  readonly ifUpdatedAt: string | null;
}

/** The function of `db` that makes a write. */
interface Call {
  readonly name: string;
  /** The arguments before the object with the row. */
  readonly before: readonly unknown[];
  /** Whether an object follows. */
  readonly takesBody: boolean;
  /** The graph that an edit started from. */
  readonly base: unknown;
}

/** What the app sees of a waiting write. */
export interface Overlay {
  readonly effect: 'row' | 'patch' | 'upsert' | 'delete' | 'graph';
  readonly table: string;
  /** The columns and values that identify the row. */
  readonly match: readonly (readonly [column: string, value: string])[];
  /** JSON of the row, of the changed columns, or of `nodes` and `connections`; empty for a delete. */
  readonly json: string;
}

/** How long the token provider may take, in milliseconds. */
const IDENTIFY_MS = 5000;

/** How many calls are kept at least, whether their entries are still there or not. */
const MIN_READINGS = 100;

type Functions = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** The client, as far as the offline part needs it. */
export class Host {
  /** The calls that read entries, as JSON, by the keys of these. */
  private readonly readings = new Map<string, string>();
  /** How many of them may be kept until those of entries that are gone are forgotten. */
  private maxReadings = MIN_READINGS;

  constructor(
    private readonly parts: ClientParts,
    private readonly planner: Shown,
  ) {}

  /** The address of the project. */
  get url(): string {
    return this.parts.url ?? '';
  }

  /** The user that a token named. */
  userId(): string | undefined {
    return this.parts.engine().userId();
  }

  /** Asks the token provider who is signed in; the answer is noted where tokens pass. Rejects if it cannot answer. */
  async identify(): Promise<void> {
    const asking = Promise.resolve(this.parts.accessToken?.());
    await within(asking, IDENTIFY_MS, () => new Error('The token provider does not answer'));
  }

  /** The rows belong to another user now: all views drop them. */
  forgetRows(): void {
    this.parts.mirror.happened('userChanged');
  }

  /**
   * The JSON of the entry as the server sent it, without waiting writes; undefined if there is none, or if it must not be
   * stored.
   */
  stored(key: string): string | undefined {
    const { mirror } = this.parts;
    if (mirror.isRestored(key) || !this.planner.mayStore(key)) return undefined;
    return this.written(key, mirror.copies.get(key)?.base);
  }

  private written(key: string, entry: unknown): string | undefined {
    const { spellings } = this.parts.mirror;
    return stringify(entry, { path: key, row: undefined, column: key, spellings });
  }

  /** The value of a stored JSON text, with numbers as they were spelled. */
  parse(json: string): unknown {
    this.parts.mirror.learn(json);
    return JSON.parse(json);
  }

  /** The key of the entry that `db[name](...args)` reads; undefined if it reads none, or is invalid. */
  keyOf(name: string, args: readonly unknown[]): string | undefined {
    try {
      const key = this.learn(name, args);
      if (key !== undefined) this.readings.set(key, JSON.stringify([name, given(args)]));
      return key;
    } catch {
      // The call itself rejects what cannot be read.
      return undefined;
    }
  }

  /** Forgets the calls that read entries which are gone, unless the entry is being read. */
  trimReadings(isRead: (key: string) => boolean): void {
    if (this.readings.size <= this.maxReadings) return;
    for (const key of this.readings.keys()) {
      if (this.parts.mirror.copies.has(key) || isRead(key)) continue;
      this.readings.delete(key);
      this.planner.forget(key);
    }
    this.maxReadings = MIN_READINGS + 2 * this.readings.size;
  }

  private learn(name: string, args: readonly unknown[]): string | undefined {
    return this.planner.learn(name, plainArguments(args, this.parts.mirror.spellings, []), this.userId());
  }

  /** The call that read the entry under `key`, as JSON. */
  readingOf(key: string): string | undefined {
    return this.readings.get(key);
  }

  /** Whether the engine has an entry under `key`, which follows changes there. */
  isHeld(key: string): boolean {
    const { mirror } = this.parts;
    return mirror.copies.has(key) && !mirror.isRestored(key);
  }

  /** The keys of the workflow, the nodes and the connections that the entry is composed of, if it is. */
  partsOf(key: string): string[] | undefined {
    return this.planner.partsOf(key);
  }

  /** Whether a change may matter to the entry under `key`. */
  mayConcern(key: string, [table, id, row]: Change): boolean {
    return this.planner.mayConcern(key, table, id, row);
  }

  /**
   * The stored JSON of the entry under `key`, which the call `reading` read, after changes. Undefined: only the server
   * knows it.
   */
  followed(
    key: string,
    json: string,
    reading: string | undefined,
    changes: readonly Change[],
  ): string | undefined {
    if (changes.length === 0) return json;
    if (reading !== undefined) this.learn(...(JSON.parse(reading) as [string, unknown[]]));
    const before = this.parse(json);
    const after = changes.reduce(
      (entry, [table, id, row]) => entry && this.planner.patched(key, entry, table, id, row),
      before,
    );
    return after === before ? json : this.written(key, after);
  }

  /** The plan of the write `db[name](...args)`; undefined if it is invalid, or cannot wait. */
  planOf(name: string, args: readonly unknown[]): Plan | undefined {
    const { spellings } = this.parts.mirror;
    const parked: string[] = [];
    try {
      const listed: unknown = this.planner.plan(name, plainArguments(args, spellings, parked), uuid);
      if (listed === undefined) return undefined;
      const [action, table, key, rowId, refs, body, base, ifUpdatedAt] = listed as [
        Plan['action'],
        string,
        string,
        string | null,
        string[],
        string,
        string | null,
        string | null,
      ];
      const at = args.findIndex((argument) => Object(argument) === argument);
      const call = { name, before: at < 0 ? args : args.slice(0, at), takesBody: at >= 0 };
      const rest = JSON.stringify(call).slice(0, -1);
      return {
        ...{ action, table, key, rowId, refs, ifUpdatedAt },
        body: expand(body),
        rest: `${rest},"base":${base === null ? 'null' : expand(base)}}`,
      };
    } finally {
      release(parked);
    }
  }

  /** The row of a plan as the waiting writes will leave it. */
  expected({ table, key, action }: Plan): unknown {
    if (action === 'delete') return undefined;
    const { mirror } = this.parts;
    const entry = this.planner.keyOf(table, key);
    const known = entry === undefined ? undefined : mirror.copies.get(entry)?.base;
    return mirror.handedOut(this.planner.expected(table, key, known ?? this.rowIn(table, key)));
  }

  /** The row in any entry. */
  private rowIn(table: string, key: string): unknown {
    for (const [entry, { base }] of this.parts.mirror.copies) {
      // There is an empty list for each kind of children of a row that waits.
      const mayHold = Object(base) === base && (base as unknown[]).length !== 0;
      const row: unknown = mayHold ? this.planner.rowIn(entry, base, table, key) : undefined;
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /**
   * Sends a write of the current user. `isResent`: it may have been made already. Rejects with a DatabaseError, which is
   * ABORTED if the user changes in the meantime.
   */
  send(plan: Plan, isResent: boolean): Promise<unknown> {
    const { name, before, takesBody, base } = this.parse(plan.rest) as Call;
    const args = [...before];
    if (takesBody) args.push(bodyOf(plan, this.parse(plan.body)));
    if (plan.ifUpdatedAt !== null) args.push({ ifUpdatedAt: plan.ifUpdatedAt });
    else if (base !== null) args.push({ base });
    // The row was there when its deletion was queued: if it is gone now, another device has deleted it.
    const mayBeMade = isResent || plan.action === 'delete';
    const options: CallOptions & ResendOptions = { isResent: mayBeMade, isOfUser: true };
    const functions = this.parts.client.db.with(options) as unknown as Functions;
    return functions[name]!(...args);
  }

  /** Applies what another page wrote or heard. */
  applyChange(table: string, id: string | undefined, row: unknown): void {
    this.parts.engine().changedElsewhere(table, id, row);
  }

  /** All entries may be older than what the server has. */
  invalidateAll(): void {
    this.parts.client.cache.clear();
  }

  /** Reads that failed, or were answered from an earlier visit, are made again. */
  recovered(): void {
    overlaysOf(this.parts.client).recovered();
  }
}

/** Arguments without those at the end that were left out, for which JSON has no word. */
function given(args: readonly unknown[]): readonly unknown[] {
  let { length } = args;
  while (length > 0 && args[length - 1] === undefined) length -= 1;
  return args.slice(0, length);
}

/** The object that the function takes. */
function bodyOf({ action }: Plan, body: unknown): unknown {
  if (action !== 'save') return body;
  const { p_nodes: nodes, p_connections: connections } = body as Record<string, unknown>;
  return { nodes, connections };
}
