import { plainArguments } from './arguments.js';
import type { Calls } from './calls.js';
import { DatabaseError } from './errors.js';
import type { CacheMirror } from './cache-mirror.js';
import { release } from './generated/bind.js';
import type { Client } from './generated/bindings.js';
import { NAMES, type DbFunctions } from './generated/functions.js';
import { READ_KEYS } from './generated/keys.js';
import { UUID_LENGTH, type KeyOf } from './key-parts.js';
import { keepUntil } from './lifetime.js';
import type { CallOptions } from './options.js';
import { serviceCallOf, type ServiceCall, type ServiceFunctions, type ServiceInit } from './service.js';
import { signalsOf } from './signals.js';

export type { DbFunctions };

/** The functions of `db`, and the same functions with options. */
export interface Db extends DbFunctions, ServiceFunctions {
  /** Returns the same functions with these options for each call. */
  with(options: CallOptions): DbFunctions & ServiceFunctions;
}

/** Options of the package's own calls. */
export interface ResendOptions {
  /** The write may have been made already, by an earlier page. */
  isResent?: boolean;
  /** The write is this user's. It ends when the user changes, even if it was not sent. */
  isOfUser?: boolean;
}

type Name = keyof DbFunctions;

/** A function of `db` without its specific type. */
type Untyped = (first?: unknown, second?: unknown, third?: unknown) => Promise<unknown>;

export function createDb(client: () => Client, mirror: CacheMirror, calls: Calls, owner: object): Db {
  const start = (begin: (number: number) => void, signals: () => readonly AbortSignal[]) =>
    keepUntil(
      calls.start(begin, signals, (number) => client().cancel(number)),
      owner,
    );
  const ask = (name: string, args: readonly unknown[], options: CallOptions | undefined) => {
    const parked: string[] = [];
    const outcome = start(
      (number) => {
        const plain = plainArguments(args, mirror.spellings, parked);
        const own = plainOptions(options);
        client().call(number, name, plain, own);
      },
      () => signalsOf([options?.signal]),
    );
    if (parked.length > 0) {
      const end = () => release(parked);
      outcome.then(end, end);
    }
    return outcome;
  };
  const callService = (options: CallOptions | undefined) => {
    return (service: string, path: string, init?: ServiceInit): Promise<Response> => {
      let own = 0;
      let call: ServiceCall;
      const outcome = start(
        (number) => {
          own = number;
          mirror.serviceCalls.set(number, call);
          const args = [service, path, call.method, call.body !== undefined && call.body !== null];
          const plain = plainArguments(args, mirror.spellings, []);
          client().call(number, 'callService', plain, plainOptions(options));
        },
        () => (call = serviceCallOf(init, options?.signal)).signals,
      );
      const end = () => mirror.serviceCalls.delete(own);
      outcome.then(end, end);
      return outcome as Promise<Response>;
    };
  };
  /**
   * Calls a function. The offline part may answer instead: with an entry of an earlier visit, or by storing a write.
   */
  const perform = (name: Name, args: readonly unknown[], options: CallOptions | undefined) => {
    const { offline } = mirror;
    const own = () => ask(name, args, options);
    if (name.startsWith('get')) return offline?.read(name, args, own, options?.fresh === true) ?? own();
    if (options?.queue !== true) return own();
    if (offline !== undefined) return offline.queue(name, args, own, options.signal);
    return Promise.reject(
      new DatabaseError('NOT_CONFIGURED', 'Call configure({ offline: offline() }) to queue writes'),
    );
  };
  const call = (name: Name, options: CallOptions | undefined): Untyped => {
    return (...args) => perform(name, args, options);
  };
  const rendered = (name: Name, args: unknown[]) =>
    mirror.rendered.ask(name, args, () => perform(name, args, undefined));
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
  const withOptions = (options: CallOptions | undefined) => ({
    ...(Object.fromEntries(NAMES.map((name) => [name, call(name, options)])) as unknown as DbFunctions),
    callService: callService(options),
  });
  return {
    ...(Object.fromEntries(functions) as unknown as DbFunctions),
    callService: callService(undefined),
    with: (options: CallOptions | null) => withOptions(options ?? undefined),
  };
}

/** The options for the engine as plain values, because reading them may run the application's code. */
function plainOptions(options: CallOptions | undefined) {
  if (options === undefined) return undefined;
  const { fresh, ttlMs, timeoutMs, isResent, isOfUser } = options as CallOptions & ResendOptions;
  return { fresh, ttlMs, timeoutMs, isResent, isOfUser };
}
