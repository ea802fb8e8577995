import { plainArguments } from './arguments.js';
import type { Calls } from './calls.js';
import { DatabaseError, invalid } from './errors.js';
import type { CacheMirror } from './cache-mirror.js';
import { release } from './generated/bind.js';
import type { Client } from './generated/bindings.js';
import { NAMES, type DbFunctions } from './generated/functions.js';
import { READ_KEYS } from './generated/keys.js';
import { UUID_LENGTH, type KeyOf } from './key-parts.js';
import { keepUntil } from './lifetime.js';
import type { CallOptions } from './options.js';
import { serviceCallOf, type ServiceFunctions, type ServiceInit } from './service.js';

export type { DbFunctions };

/** The functions of `db`, and the same functions with options. */
export interface Db extends DbFunctions, ServiceFunctions {
  /** Returns the same functions with these options for each call. */
  with(options: CallOptions): DbFunctions & ServiceFunctions;
}

type Name = keyof DbFunctions;

/** A function of `db` without its specific type. */
type Untyped = (first?: unknown, second?: unknown, third?: unknown) => Promise<unknown>;

export function createDb(client: () => Client, mirror: CacheMirror, calls: Calls, owner: object): Db {
  const start = (begin: (number: number) => void, options: CallOptions | undefined) =>
    keepUntil(
      calls.start(
        begin,
        () => signalOf(options),
        (number) => client().cancel(number),
      ),
      owner,
    );
  const ask = (name: string, args: readonly unknown[], options: CallOptions | undefined) => {
    const parked: string[] = [];
    const outcome = start((number) => {
      const plain = plainArguments(args, mirror.spellings, parked);
      const own = plainOptions(options);
      client().call(number, name, plain, own);
    }, options);
    if (parked.length > 0) {
      const end = () => release(parked);
      outcome.then(end, end);
    }
    return outcome;
  };
  /** Stores the write, to be sent later, and returns the row as it will look. */
  const queue = async (name: string, args: readonly unknown[], options: CallOptions) => {
    if (mirror.offline === undefined)
      throw new DatabaseError(
        'NOT_CONFIGURED',
        'Call configure({ offline: offline() }) before queueing writes',
      );
    signalOf(options)?.throwIfAborted();
    const parked: string[] = [];
    try {
      const plan = client().plan(name, plainArguments(args, mirror.spellings, parked));
      return await (plan === undefined ? ask(name, args, options) : mirror.offline.queue(plan));
    } finally {
      release(parked);
    }
  };
  const callService = (options: CallOptions | undefined) => {
    return (service: string, path: string, init: ServiceInit = {}): Promise<Response> => {
      const signal = init.signal ?? options?.signal;
      let own = 0;
      const outcome = start(
        (number) => {
          own = number;
          const call = serviceCallOf(init, signal);
          mirror.serviceCalls.set(number, call);
          const args = [service, path, call.method, call.body !== undefined && call.body !== null];
          const plain = plainArguments(args, mirror.spellings, []);
          client().call(number, 'callService', plain, plainOptions(options));
        },
        { ...options, ...(signal && { signal }) },
      );
      const end = () => mirror.serviceCalls.delete(own);
      outcome.then(end, end);
      return outcome as Promise<Response>;
    };
  };
  const call = (name: Name, options: CallOptions | undefined): Untyped => {
    return (...args) => (options?.queue === true ? queue(name, args, options) : ask(name, args, options));
  };
  const rendered = (name: Name, args: unknown[]) =>
    mirror.rendered.ask(name, args, () => ask(name, args, undefined));
  /** Hits are answered here, without a call into WebAssembly. */
  const read = (name: Name, keyOf: KeyOf): Untyped => {
    return (first, second, third) => {
      // A value that is not a uuid, such as `ID?relations`, could be mistaken for part of a key.
      const key =
        typeof first === 'string' && first.length === UUID_LENGTH ? keyOf(first, second) : undefined;
      const answer = key === undefined ? undefined : mirror.answer(key);
      return answer ?? rendered(name, [first, second, third]);
    };
  };
  const functions = NAMES.map((name) => {
    const keyOf = READ_KEYS[name];
    if (keyOf !== undefined) return [name, read(name, keyOf)] as const;
    const isRead = name.startsWith('get');
    return [name, isRead ? (...args: unknown[]) => rendered(name, args) : call(name, undefined)] as const;
  });
  const withOptions = (options: CallOptions) => ({
    ...(Object.fromEntries(NAMES.map((name) => [name, call(name, options)])) as unknown as DbFunctions),
    callService: callService(options),
  });
  return {
    ...(Object.fromEntries(functions) as unknown as DbFunctions),
    callService: callService(undefined),
    with: withOptions,
  };
}

/** The options for the engine as plain values, because reading them may run the application's code. */
function plainOptions(options: CallOptions | undefined) {
  return options && { fresh: options.fresh, ttlMs: options.ttlMs, timeoutMs: options.timeoutMs };
}

function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  const signal = options?.signal ?? undefined;
  if (signal === undefined || typeof signal.addEventListener === 'function') return signal;
  throw invalid('signal', 'an AbortSignal');
}
