import { SCHEMA_VERSION } from '../generated/schema-version.js';
import { orderOf, versionKey, type AnyTransaction, type Storage, type Transaction } from './storage.js';

/** What becomes of unsent writes when their user signs out. Persisted rows are always erased. */
export type OnSignOut = 'keep-writes' | 'discard';

const lastUserKey = (url: string) => `lastUser ${url}`;
const VERSION_KEY = 'schema';

/** The id of the last signed-in user of a project; null after a sign-out. */
export async function lastUserOf(
  transaction: AnyTransaction,
  url: string,
): Promise<string | null | undefined> {
  return (await transaction.objectStore('meta').get(lastUserKey(url))) as string | null | undefined;
}

/** A change of the signed-in user, as one tab sees it. */
interface SignIn {
  /** Null if no user is signed in. */
  readonly userId: string | null;
  /** The user who was signed in in this tab before; undefined if that is not known. */
  readonly left: string | undefined;
  readonly onSignOut: OnSignOut;
  /** Whether this is still so. */
  readonly isCurrent: () => boolean;
}

/**
 * A user is signed in, or none. Erases the rows of all others; also of this one, if another version of the package stored
 * them. With `discard`, also erases the unsent writes of the user who left, and returns their scope.
 */
export async function enter(
  storage: Storage,
  url: string,
  { userId, left, onSignOut, isCurrent }: SignIn,
): Promise<string | undefined> {
  const last = await storage.read(['meta'], async (transaction) => {
    const version = await transaction.objectStore('meta').get(VERSION_KEY);
    return version === SCHEMA_VERSION ? lastUserOf(transaction, url) : undefined;
  });
  if (last === userId || !isCurrent()) return undefined;
  return storage.write(['meta', 'rows', 'shelf', 'outbox'], async (transaction) => {
    const meta = transaction.objectStore('meta');
    const before = await lastUserOf(transaction, url);
    if (!isCurrent()) return undefined;
    if ((await meta.get(VERSION_KEY)) !== SCHEMA_VERSION) {
      await Promise.all([transaction.objectStore('rows').clear(), transaction.objectStore('shelf').clear()]);
      await meta.put(SCHEMA_VERSION, VERSION_KEY);
    }
    if (before === userId) return undefined;
    const leaving = left ?? before;
    // In another tab, another user has signed in since, and stays.
    const isOvertaken = userId === null && leaving !== before;
    if (!isOvertaken) {
      await meta.put(userId, lastUserKey(url));
      // A scope is the project's address, a space and the user's id.
      await eraseRows(transaction, IDBKeyRange.bound([`${url} `], [`${url}!`], false, true));
    }
    if (onSignOut !== 'discard' || !leaving) return undefined;
    const scope = `${url} ${leaving}`;
    await eraseWrites(transaction, scope);
    return scope;
  });
}

/** Erases rows of others that a page stored while it was being left, when it could not ask who is signed in. */
export async function eraseOthers(storage: Storage, url: string, userId: string): Promise<void> {
  const scope = `${url} ${userId}`;
  const others = [
    IDBKeyRange.bound([`${url} `], [scope], false, true),
    IDBKeyRange.bound([scope, []], [`${url}!`], false, true),
  ];
  const found = await storage.read(['rows'], (transaction) =>
    Promise.all(others.map((range) => transaction.objectStore('rows').getKey(range))),
  );
  if (found.every((key) => key === undefined)) return;
  await storage.write(['meta', 'rows', 'shelf'], async (transaction) => {
    if ((await lastUserOf(transaction, url)) !== userId) return;
    await Promise.all(others.map((range) => eraseRows(transaction, range)));
  });
}

async function eraseRows(transaction: Transaction<'readwrite'>, range: IDBKeyRange): Promise<void> {
  await Promise.all([
    transaction.objectStore('rows').delete(range),
    transaction.objectStore('shelf').delete(range),
  ]);
}

async function eraseWrites(transaction: Transaction<'readwrite'>, scope: string): Promise<void> {
  const store = transaction.objectStore('outbox');
  const ids = await store.index('order').getAllKeys(orderOf(scope));
  const version = transaction.objectStore('meta').delete(versionKey(scope));
  await Promise.all([...ids.map((id) => store.delete(id)), version]);
}
