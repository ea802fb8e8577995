import { readable } from './errors.js';
import { park } from './generated/bind.js';
import { rowIdOf, type Spellings } from './spellings.js';
import { isWellFormed, stringify } from './stringify.js';

/**
 * An argument in the engine's format: a plain value, or the fields of an object. The engine rejects anything else,
 * naming the argument.
 */
type Plain = undefined | null | boolean | number | string | symbol | Field[] | Other;

/** A member of an object: its name, its value, the value as JSON and, for a list of objects, the fields of each. */
type Field = [name: string, value: Plain, json: string | undefined, rows: Field[][] | undefined];

/** Represents a value that JSON cannot represent or that no column accepts. */
type Other = Readonly<Record<never, never>>;

const OTHER: Other = Object.freeze({});

/** Represents a string with an unpaired surrogate, which the engine would receive as a different string. */
const HALF_PAIR = Symbol('half of a surrogate pair');

/** Longer JSON, in characters, is kept out of WebAssembly, whose memory never shrinks. */
const LARGE_JSON = 32_768;

/** How many levels of lists are converted: the nodes of the workflows of a batch. Values below that are JSON. */
const MAX_LISTS = 2;

/** The members that are lists of rows. Any other list is JSON, of any length. */
const LISTS_OF_ROWS: readonly string[] = ['workflows', 'nodes', 'connections', 'keys'];

/**
 * Converts the arguments of a call before the engine sees them: the application's objects may have getters, Proxies
 * and `toJSON` methods, whose code must not run while the engine is working. Placeholders for large JSON are added to
 * `parked`, to be released after the call.
 *
 * @throws DatabaseError INVALID_INPUT for values that cannot be read, or that JSON would silently change.
 */
export function plainArguments(values: readonly unknown[], spellings: Spellings, parked: string[]): Plain[] {
  // The first argument of an update is the row's id.
  const row = rowIdOf({ id: values[0] });
  return values.map((value, index) =>
    readable(`argument ${index + 1}`, () => {
      if (typeof value !== 'object' || value === null) return plainValue(value);
      return Array.isArray(value) ? OTHER : fieldsOf(value, { path: '', row, spellings, parked }, MAX_LISTS);
    }),
  );
}

function plainValue(value: unknown): Plain {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
      return value;
    case 'string':
      return isWellFormed(value) ? value : HALF_PAIR;
    default:
      return value === null ? null : OTHER;
  }
}

/** The position of an object within the arguments. */
interface Scope {
  /** Prefix of its members' names in messages. */
  readonly path: string;
  /** The id of the row that it is, unless it contains an `id` itself. */
  readonly row: string | undefined;
  readonly spellings: Spellings;
  readonly parked: string[];
}

function fieldsOf(object: object, outer: Scope, lists: number): Field[] {
  const scope = { ...outer, row: rowIdOf(object) ?? outer.row };
  return Object.entries(object).map(([name, value]) => fieldOf(name, value, scope, lists));
}

function fieldOf(name: string, value: unknown, scope: Scope, lists: number): Field {
  const path = scope.path + name;
  const isList = lists > 0 && Array.isArray(value) && LISTS_OF_ROWS.includes(name);
  const rows = isList ? rowsOf(value, { ...scope, path }, lists - 1) : undefined;
  const simple = plainValue(value);
  // The engine rejects a value that no column accepts, with a message about that column.
  const isCarried =
    typeof value === 'number' ? Number.isFinite(value) : typeof value === 'object' || simple !== OTHER;
  const json = isCarried ? stringify(value, { ...scope, path, column: name }) : undefined;
  return [name, simple, simple === OTHER ? short(json, scope.parked) : json, rows];
}

function short(json: string | undefined, parked: string[]): string | undefined {
  if (json === undefined || json.length <= LARGE_JSON) return json;
  const sign = park(json);
  parked.push(sign);
  return sign;
}

function rowsOf(list: readonly unknown[], scope: Scope, lists: number): Field[][] | undefined {
  // A copy, because `every` and `map` skip holes, and a subclass or a Proxy may return different values the second
  // time.
  const items: unknown[] = Array.from(list);
  const areObjects = items.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
  if (!areObjects) return undefined;
  return items.map((item, index) =>
    fieldsOf(item as object, { ...scope, path: `${scope.path}[${index}].`, row: undefined }, lists),
  );
}
