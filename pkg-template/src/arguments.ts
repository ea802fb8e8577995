import { DatabaseError, invalid } from './errors.js';
import { stringify } from './stringify.js';

/**
 * An argument as the engine takes it: a plain value, or the fields of an object. What neither is, the engine refuses by the
 * argument's name.
 */
type Plain = undefined | null | boolean | number | string | Field[] | Other;

/** A member of an object: its name, its value, the value as JSON, and, of a list of objects, the fields of each. */
type Field = [name: string, value: Plain, json: string | undefined, rows: Field[][] | undefined];

/** Stands for whatever JSON cannot carry, or a column does not hold. */
type Other = Readonly<Record<never, never>>;

const OTHER: Other = Object.freeze({});

/** As deep as arguments are looked into: the nodes of the workflows of a batch. Below that, values are JSON. */
const MAX_LISTS = 2;

/**
 * Takes the arguments of a call apart, before the engine sees them: objects of the application may hold getters, Proxies and
 * `toJSON` methods, whose code must not run while the engine works.
 *
 * @throws DatabaseError INVALID_INPUT for what cannot be read, or what JSON would silently change.
 */
export function plainArguments(values: readonly unknown[]): Plain[] {
  return values.map((value, index) => {
    try {
      if (typeof value !== 'object' || value === null) return plainValue(value);
      return Array.isArray(value) ? OTHER : fieldsOf(value, '', MAX_LISTS);
    } catch (error) {
      if (error instanceof DatabaseError) throw error;
      throw invalid(`argument ${index + 1}`, 'an object that can be read', error);
    }
  });
}

function plainValue(value: unknown): Plain {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
    case 'string':
      return value;
    default:
      return value === null ? null : OTHER;
  }
}

function fieldsOf(object: object, prefix: string, lists: number): Field[] {
  return Object.entries(object).map(([name, value]) => fieldOf(name, value, prefix + name, lists));
}

function fieldOf(name: string, value: unknown, path: string, lists: number): Field {
  const rows = lists > 0 && Array.isArray(value) ? rowsOf(value, path, lists - 1) : undefined;
  const simple = plainValue(value);
  // What no column holds, the engine refuses in the words of the column.
  const isCarried =
    typeof value === 'number' ? Number.isFinite(value) : typeof value === 'object' || simple !== OTHER;
  return [name, simple, isCarried ? stringify(value, path) : undefined, rows];
}

function rowsOf(list: readonly unknown[], path: string, lists: number): Field[][] | undefined {
  const areObjects = list.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
  if (!areObjects) return undefined;
  return list.map((item, index) => fieldsOf(item as object, `${path}[${index}].`, lists));
}
