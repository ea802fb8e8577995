import { expand } from '../generated/bind.js';
import type { ClientParts } from '../offline-part.js';
import { overlaysOf } from '../react/overlays.js';
import { stringify } from '../stringify.js';

/** A write as the engine validated it, to be kept and sent later. Everything in it can be stored as JSON. */
export interface Plan {
  readonly action: 'insert' | 'update' | 'delete' | 'upsert' | 'ensure' | 'save';
  readonly table: string;
  /** Names the row together with `table`; equal for all writes to that row. */
  readonly key: string;
  readonly rowId: string | null;
  /** The rows that this row belongs to, each as `table key`. */
  readonly refs: readonly string[];
  /** JSON of the new row, the changed columns or the graph; empty for a delete. Keeps numbers as they are spelt. */
  readonly body: string;
  /** What else the engine needs to send it. */
  readonly rest: string;
  readonly ifUpdatedAt: string | null;
}

/** What the app sees of a waiting write. */
export interface Overlay {
  readonly effect: 'row' | 'patch' | 'delete' | 'graph';
  readonly table: string;
  /** The columns and values that identify the row. */
  readonly match: readonly (readonly [column: string, value: string])[];
  /** JSON of the row, of the changed columns, or of `nodes` and `connections`; empty for a delete. */
  readonly json: string;
}

/** What the offline part asks of its client. */
export class Host {
  constructor(private readonly parts: ClientParts) {}

  /** The address of the project. */
  get url(): string {
    return this.parts.url;
  }

  /** The user that a token named, or that was assumed. */
  userId(): string | undefined {
    return this.parts.engine().userId();
  }

  /** Asks the token provider who is signed in, unless that is known. Rejects if it cannot answer. */
  identify(): Promise<unknown> {
    return this.call((number) => this.parts.engine().identify(number));
  }

  /** The claims of the signed-in user as JSON, for `assumeUser`. */
  claims(): string | undefined {
    return JSON.stringify(this.parts.engine().claims());
  }

  /** Takes the user with these claims as signed in until a token says otherwise. Does nothing if one has already. */
  assumeUser(claims: string): void {
    this.parts.engine().assumeUser(JSON.parse(claims));
  }

  /**
   * The JSON of the entry as the server sent it, without waiting writes; undefined if there is none, or if it must not be
   * stored.
   */
  stored(key: string): string | undefined {
    const { engine, mirror } = this.parts;
    const { spellings } = mirror;
    return stringify(engine().storable(key), { path: key, row: undefined, column: key, spellings });
  }

  /** The value of a stored JSON text, with numbers as they were spelt. */
  parse(json: string): unknown {
    this.parts.mirror.learn(json);
    return JSON.parse(json);
  }

  /** Replaces the waiting writes that are shown on top of all entries. */
  setOverlays(overlays: readonly Overlay[]): void {
    const plain = overlays.map(({ effect, table, match, json }) => {
      return [effect, table, match, json === '' ? null : this.parse(json)];
    });
    this.parts.engine().setWaiting(plain);
  }

  /** The plan that the engine returned, as an object that can be stored. */
  planOf(listed: unknown): Plan {
    const [action, table, key, rowId, refs, body, rest, ifUpdatedAt] = listed as [
      Plan['action'],
      string,
      string,
      string | null,
      string[],
      string,
      string,
      string | null,
    ];
    return { action, table, key, rowId, refs, body: expand(body), rest: expand(rest), ifUpdatedAt };
  }

  /** The row of a plan as the waiting writes will leave it. */
  expected({ table, key }: Plan): unknown {
    const { engine, mirror } = this.parts;
    return mirror.handedOut(engine().expected(table, key));
  }

  /**
   * Sends a write of the current user. `isResent`: it may have been made already. Rejects with a DatabaseError, which is
   * ABORTED if the user changes meanwhile.
   */
  send(plan: Plan, isResent: boolean): Promise<unknown> {
    const { action, table, key, body, rest, ifUpdatedAt } = plan;
    const listed = [action, table, key, null, [], body, rest, ifUpdatedAt];
    return this.call((number) => this.parts.engine().sendPlanned(number, listed, isResent));
  }

  /** Applies what another page wrote or heard: `row` is null if it is gone, and undefined if it is unknown. */
  applyChange(table: string, id: string | undefined, row: unknown): void {
    this.parts.engine().heardElsewhere(table, id, row);
  }

  /** Reads that failed, or were answered from an earlier visit, are made again. */
  recovered(): void {
    overlaysOf(this.parts.client).recovered();
  }

  private call(begin: (number: number) => void): Promise<unknown> {
    return this.parts.calls.start(
      begin,
      () => undefined,
      () => {},
    );
  }
}
