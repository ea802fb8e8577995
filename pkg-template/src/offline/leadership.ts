import { loadEngine, type Lease, type OfflineEngine } from './engine.js';
import { uuid } from '../generated/bind.js';
import { webLocks } from './locks.js';
import type { Storage, Transaction } from './storage.js';

/** Delay before asking for the lease again after a failure of the database. */
const FAILED_MS = 5000;

/**
 * Selects one of the tabs that use the same name as the leader. Uses a Web Lock or, in browsers without them, a lease in the
 * database, which expires if its holder does not renew it.
 */
export class Leadership {
  private isLeader = false;
  /** Stops being the leader or waiting for that; undefined if this tab does neither. */
  private end: (() => void) | undefined;
  /** When this tab's lease expires, if it uses leases. */
  private untilMs = Infinity;
  /** Takes or renews the lease, if this tab uses leases. */
  private takeLease: ((transaction: Transaction<'readwrite'>) => Promise<LeaseStep>) | undefined;

  constructor(
    private readonly name: string,
    private readonly storage: Storage,
    private readonly onChange: (isLeader: boolean) => void,
    /** Called from time to time in browsers without Web Locks. */
    private readonly onTurn: () => void,
  ) {}

  /** Whether this tab is the leader. Another tab may have taken the lease while this page was frozen. */
  get isHeld(): boolean {
    return this.isLeader && Date.now() < this.untilMs;
  }

  /** Becomes the leader as soon as no other tab is. */
  seek(): void {
    if (this.end !== undefined) return;
    const locks = webLocks();
    this.end = locks ? this.seekLock(locks) : this.seekLease();
  }

  /** Lets another tab become the leader. */
  resign(): void {
    this.end?.();
    this.end = undefined;
    this.set(false);
  }

  /** Whether this tab is still the leader, checked within the transaction that depends on it. */
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
      // Locks may be refused, for example in a sandboxed frame. Then use the lease.
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
