/** Returns the key of the entry that answers a read, or undefined for arguments that the engine will reject. */
export type KeyOf = (id: string, second: unknown) => string | undefined;

export const UUID_LENGTH = 36;

/** An id as in cache keys: uuids in lower case, as the database prints them. */
export function canonical(id: string): string {
  const text = String(id);
  return text.length === UUID_LENGTH ? text.toLowerCase() : text;
}

/** For a read whose second argument is a name. */
export function named(keyOf: (id: string, name: string) => string): KeyOf {
  return (id, name) => (typeof name === 'string' ? keyOf(id, name) : undefined);
}

/** For a read whose second argument selects a variant. */
export function variantIf(keyOf: (id: string) => string, variant: string): KeyOf {
  return (id, isVariant = false) => {
    if (typeof isVariant !== 'boolean') return undefined;
    return isVariant ? keyOf(id) + variant : keyOf(id);
  };
}
