import { bind } from '../generated/offline-bind.js';
import type { Flusher, Shelf, Shown } from '../generated/offline-bindings.js';
import { decodeWasm } from '../generated/offline-bytes.js';
import type { OutboxEntry } from '../outbox.js';
import type { Overlay, Plan } from './host.js';

// The second WebAssembly module, which decides everything about the outbox. It is compiled on its first use.

/** A write in the outbox. Only the engine reads or makes what is in it. */
export interface OutboxRecord {
  readonly id: string;
  readonly scope: string;
  readonly seq: number;
}

/** Why a write was not made, as JSON. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly status?: number | undefined;
  readonly retryable?: boolean;
  readonly details?: string | undefined;
  readonly hint?: string | undefined;
}

/** A write to send. */
export interface Sent {
  readonly id: string;
  readonly attempt: number;
  readonly isResent: boolean;
  readonly plan: Plan;
}

export type Outcome = 'done' | 'retry' | 'refused' | 'stale';

/** The steps of the outbox, with what each takes and what it results in. Each is one transaction. */
export interface Steps {
  enqueue: [input: { plan: Plan; id: string; scope: string; now: number }, result: unknown];
  begin: [input: null, result: Sent | null];
  settle: [
    input: { id: string; attempt: number; error: Failure | null; updatedAt: string | null },
    result: Outcome,
  ];
  recover: [input: null, result: null];
  retry: [input: { id: string }, result: boolean];
  discard: [input: { id: string }, result: boolean];
}

/** What a step wants to be stored, its result, and a view of what it changed. */
export interface Stepped<Result> {
  readonly puts: readonly OutboxRecord[];
  readonly deletes: readonly string[];
  readonly result: Result;
  readonly view: View;
}

/** What is shown of an outbox: how far the writes are, and all of them, or some. */
export interface View {
  readonly pending: number;
  readonly failed: number;
  readonly blocked: number;
  readonly isSending: boolean;
  readonly writes: readonly {
    /** Its place in the order. */
    readonly place: number;
    readonly entry: Omit<OutboxEntry, 'error'> & { readonly error?: Failure };
    /** Null if the write is not shown, because it failed or is blocked. */
    readonly overlay: Overlay | null;
  }[];
}

/** All writes of a user. */
export interface Outbox {
  step<Name extends keyof Steps>(name: Name, input: Steps[Name][0]): Stepped<Steps[Name][1]>;
  view(): View;
  free(): void;
}

/** A persisted entry, without its value. */
export interface ShelfEntry {
  readonly key: string;
  readonly bytes: number;
  readonly storedAt: number;
  readonly usedAt: number;
}

export interface Lease {
  readonly holder: string;
  readonly untilMs: number;
}

export interface OfflineEngine {
  /** The outbox with all records of a user. */
  outbox(records: readonly OutboxRecord[]): Outbox;
  /** The keys of the entries that leave. */
  evict(
    entries: readonly ShelfEntry[],
    limits: { maxBytes: number; maxAgeMs: number; now: number },
  ): readonly string[];
  lease(
    lease: Lease | undefined,
    holder: string,
    nowMs: number,
  ): { put: Lease | null; isHeld: boolean; afterMs: number };
  readonly Flusher: typeof Flusher;
  readonly Shelf: typeof Shelf;
  readonly Shown: typeof Shown;
}

let loading: Promise<OfflineEngine> | undefined;

/** Compiles and starts the module, once. May be called again after a failure. */
export function loadEngine(): Promise<OfflineEngine> {
  loading ??= start().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function start(): Promise<OfflineEngine> {
  const bindings = bind();
  const { instance } = await WebAssembly.instantiate(decodeWasm(), bindings.imports);
  bindings.setExports(instance.exports);
  (instance.exports as { __wbindgen_start(): void } & WebAssembly.Exports).__wbindgen_start();
  const { Outbox, evict, leaseStep } = bindings;
  const parsed = <Result>(json: string) => JSON.parse(json) as Result;
  return {
    outbox(records) {
      const outbox = new Outbox(JSON.stringify(records));
      return {
        step: (name, input) => parsed(outbox.step(JSON.stringify(input === null ? name : { [name]: input }))),
        view: () => parsed(outbox.view()),
        free: () => outbox.free(),
      };
    },
    evict: (entries, limits) => parsed(evict(JSON.stringify(entries), JSON.stringify(limits))),
    lease: (lease, holder, nowMs) => parsed(leaseStep(lease && JSON.stringify(lease), holder, nowMs)),
    Flusher: bindings.Flusher,
    Shelf: bindings.Shelf,
    Shown: bindings.Shown,
  };
}
