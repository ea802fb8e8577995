import { loadEngine, type Lease, type OfflineEngine } from './engine.js';
import { uuid } from '../generated/bind.js';
import { webLocks } from './locks.js';
import type { Storage, Transaction } from './storage.js';

/** How soon to ask for the lease again if the database failed. */
const FAILED_MS = 5000;

/**
 * Selects one tab of all that use the same name: the tab that sends. By a Web Lock; in browsers without them, by a lease in
 * the database, which expires if its holder does not renew it.
 */
export class Leadership {
  private isLeader = false;
  /** Ends seeking or leading; undefined if this tab does neither. */
  private end: (() => void) | undefined;
  /** Until when the lease is this tab's, if it uses that. */
  private untilMs = Infinity;
  /** What takes the lease, if this tab uses that. */
  private takeLease: ((transaction: Transaction<'readwrite'>) => Promise<LeaseStep>) | undefined;

  constructor(
    private readonly name: string,
    private readonly storage: Storage,
    private readonly onChange: (isLeader: boolean) => void,
    /** Called from time to time in browsers without Web Locks. */
    private readonly onTurn: () => void,
  ) {}

  /** Whether this tab leads. A lease may have passed on while this page was stopped. */
  get isHeld(): boolean {
    return this.isLeader && Date.now() < this.untilMs;
  }

  /** Leads as soon as no other tab does. */
  seek(): void {
    if (this.end !== undefined) return;
    const locks = webLocks();
    this.end = locks ? this.seekLock(locks) : this.seekLease();
  }

  /** Another tab may lead. */
  resign(): void {
    this.end?.();
    this.end = undefined;
    this.set(false);
  }

  /** Whether this tab still leads, as part of the transaction that depends on it. */
  async confirm(transaction: Transaction<'readwrite'>): Promise<boolean> {
    return this.takeLease === undefined ? this.isLeader : (await this.takeLease(transaction)).isHeld;
  }

  private set(isLeader: boolean): void {
    if (this.isLeader === isLeader) return;
    this.isLeader = isLeader;
    this.onChange(isLeader);
  }

  private seekLock(locks: LockManager): () => void {
    const ending = new AbortController();
    const { signal } = ending;
    const lead = () => {
      if (signal.aborted) return undefined;
      this.set(true);
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    locks.request(this.name, { signal }, lead).catch(() => {
      // Where locks are refused, such as in a sandboxed frame, there is still the lease.
      if (!signal.aborted) this.end = this.seekLease();
    });
    return () => ending.abort();
  }

  private seekLease(): () => void {
    const holder = uuid();
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const begin = (engine: OfflineEngine) => {
      const take = async (transaction: Transaction<'readwrite'>) => {
        const step = (lease: Lease | undefined) => engine.lease(lease, holder, Date.now());
        const taken = await takeLease(transaction, this.name, step);
        this.untilMs = taken.put?.untilMs ?? 0;
        return taken;
      };
      const turn = async () => {
        const failed = { isHeld: false, afterMs: FAILED_MS };
        const { isHeld, afterMs } = await this.storage.write(['meta'], take).catch(() => failed);
        if (isOver) return;
        this.takeLease = take;
        this.set(isHeld);
        this.onTurn();
        timer = setTimeout(turn, afterMs);
      };
      return isOver ? undefined : turn();
    };
    loadEngine().then(begin, () => {});
    return () => {
      isOver = true;
      clearTimeout(timer);
      this.takeLease = undefined;
      this.storage
        .write(['meta'], (transaction) => returnLease(transaction, this.name, holder))
        .catch(() => {});
    };
  }
}

type LeaseStep = ReturnType<OfflineEngine['lease']>;

async function takeLease(
  transaction: Transaction<'readwrite'>,
  name: string,
  step: (lease: Lease | undefined) => LeaseStep,
): Promise<LeaseStep> {
  const store = transaction.objectStore('meta');
  const next = step((await store.get(name)) as Lease | undefined);
  if (next.put !== null) await store.put(next.put, name);
  return next;
}

async function returnLease(
  transaction: Transaction<'readwrite'>,
  name: string,
  holder: string,
): Promise<void> {
  const store = transaction.objectStore('meta');
  const lease = (await store.get(name)) as Lease | undefined;
  if (lease?.holder === holder) await store.delete(name);
}
