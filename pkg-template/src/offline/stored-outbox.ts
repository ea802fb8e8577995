import { uuid } from '../generated/bind.js';
import type { OfflineEngine, Outbox, Stepped, Steps, View } from './engine.js';
import { orderOf, versionKey, type AnyTransaction, type Transaction } from './storage.js';

/**
 * The outbox of one user, as it is on disk. It stays in memory as long as only this tab changes it: each step writes a new
 * version, and reads everything again if it finds another one than it wrote last.
 */
export class StoredOutbox {
  private outbox: Outbox | undefined;
  /** The version in memory. Undefined: there is none on disk that is like it. */
  private version: string | undefined;

  constructor(private readonly scope: string) {}

  /** Makes sure that what is in memory is what is on disk. Returns the view if it had to be read. */
  async read(transaction: AnyTransaction, engine: OfflineEngine): Promise<View | undefined> {
    const version = (await transaction.objectStore('meta').get(versionKey(this.scope))) as string | undefined;
    if (version !== undefined && version === this.version) return undefined;
    const records = await transaction.objectStore('outbox').index('order').getAll(orderOf(this.scope));
    this.outbox?.free();
    this.outbox = engine.outbox(records);
    this.version = version;
    return this.outbox.view();
  }

  /** A transaction failed, and what it read was not shown: the next one reads everything. */
  forget(): void {
    this.version = undefined;
  }

  /** Takes a step. What is on disk was read in the same transaction. */
  async step<Name extends keyof Steps>(
    transaction: Transaction<'readwrite'>,
    name: Name,
    input: Steps[Name][0],
  ): Promise<Stepped<Steps[Name][1]>> {
    const { version } = this;
    // Where the transaction fails, no other has this version.
    const next = (this.version = uuid());
    const stepped = this.outbox!.step(name, input);
    if (!hasChanges(stepped)) this.version = version;
    else
      await Promise.all([
        apply(transaction, stepped),
        transaction.objectStore('meta').put(next, versionKey(this.scope)),
      ]);
    return stepped;
  }
}

type Changes = Pick<Stepped<unknown>, 'puts' | 'deletes'>;

export function hasChanges({ puts, deletes }: Changes): boolean {
  return puts.length + deletes.length > 0;
}

async function apply(transaction: Transaction<'readwrite'>, { puts, deletes }: Changes): Promise<void> {
  const store = transaction.objectStore('outbox');
  await Promise.all([...puts.map((put) => store.put(put)), ...deletes.map((id) => store.delete(id))]);
}
