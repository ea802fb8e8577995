import { invalid } from './errors.js';
import { rowIdOf, type Spellings } from './spellings.js';

/** NUL, which Postgres rejects. */
const NUL = /\0/;
/** An unpaired surrogate, which no text in the database can contain. */
const HALF_PAIR = /[\ud800-\udfff]/u;

/** Whether the text has no unpaired surrogates. */
export function isWellFormed(text: string): boolean {
  return !HALF_PAIR.test(text);
}

/** The position of a value within the arguments. */
export interface Origin {
  /** Its name in messages, such as `nodes[3].config`. */
  readonly path: string;
  /** The id of the row that contains it, if known. */
  readonly row: string | undefined;
  readonly column: string;
  /** The texts of numbers that were rounded when they were read. */
  readonly spellings: Spellings;
}

/** An object or a list that is being written. */
interface Frame {
  readonly value: Record<string, unknown> | readonly unknown[];
  /** The names of an object's members; undefined for a list. */
  readonly names: readonly string[] | undefined;
  /** The number of members processed. */
  next: number;
  isEmpty: boolean;
  /** The place where the value was read, once it was looked up. */
  place: number | undefined;
}

/**
 * Writes a value as JSON like `JSON.stringify`; undefined if that omits the value.
 *
 * Open objects wait in a list instead of on the call stack, so values of any depth can be written.
 *
 * @throws DatabaseError INVALID_INPUT for values that JSON would silently change (NaN, infinities, functions,
 * symbols) or cannot represent (cycles, bigints), and for text that the database rejects. The message names the
 * position, such as `config.list[3].name`.
 */
export function stringify(value: unknown, origin: Origin): string | undefined {
  const writer = new Writer(origin);
  return writer.write(value);
}

class Writer {
  private readonly open: Frame[] = [];
  /** The values of the open frames, to detect cycles. */
  private readonly held = new Set<unknown>();

  constructor(private readonly origin: Origin) {}

  write(root: unknown): string | undefined {
    let text = this.begin('', root);
    if (text === undefined) return undefined;
    for (let frame = this.open.at(-1); frame !== undefined; frame = this.open.at(-1)) {
      text += this.advance(frame);
    }
    return text;
  }

  /** The text of a frame's next member, as far as it is not nested, or of the frame's end. */
  private advance(frame: Frame): string {
    const { names } = frame;
    const index = frame.next;
    if (index === (names ?? (frame.value as readonly unknown[])).length) {
      this.open.pop();
      this.held.delete(frame.value);
      return names === undefined ? ']' : '}';
    }
    frame.next += 1;
    const name = names === undefined ? String(index) : (names[index] as string);
    const member = this.begin(name, (frame.value as Record<string, unknown>)[name]);
    if (member === undefined && names !== undefined) return '';
    const comma = frame.isEmpty ? '' : ',';
    frame.isEmpty = false;
    return comma + (names === undefined ? '' : this.quoted(name) + ':') + (member ?? 'null');
  }

  /** The text of a value, or the beginning of a nested one; undefined if JSON omits it. */
  private begin(name: string, given: unknown): string | undefined {
    const value = plain(name, given);
    if (value === null && given instanceof Date) throw this.refused('a valid date');
    switch (typeof value) {
      case 'undefined':
        return undefined;
      case 'string':
        return this.quoted(value);
      case 'number':
        return this.number(value);
      case 'boolean':
        return String(value);
      case 'object':
        return value === null ? 'null' : this.enter(value);
      default:
        throw this.refused(`a value that JSON can carry, not a ${typeof value}`);
    }
  }

  private number(value: number): string {
    const text = this.origin.spellings.of(value, () => this.place());
    if (text === '') {
      throw this.refused('a number that JavaScript can hold: this one was rounded when it was read');
    }
    if (text !== undefined) return text;
    if (!Number.isFinite(value)) throw this.refused('a finite number');
    return String(Object.is(value, -0) ? 0 : value);
  }

  private enter(value: object): string {
    if (this.held.has(value)) throw this.refused('a value that does not hold itself');
    this.held.add(value);
    const names = Array.isArray(value) ? undefined : Object.keys(value);
    if (names?.length === 0 && !isPlain(value)) {
      const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
      throw this.refused(`a value that JSON can carry, not a ${kind}`);
    }
    this.open.push({ value: value as Frame['value'], names, next: 0, isEmpty: true, place: undefined });
    return names === undefined ? '[' : '{';
  }

  private quoted(text: string): string {
    if (NUL.test(text)) throw this.refused('text without NUL characters');
    if (!isWellFormed(text)) throw this.refused('text without half of a surrogate pair');
    return JSON.stringify(text);
  }

  /** The error for the member processed last. */
  private refused(expected: string): Error {
    return invalid([this.origin.path, ...this.open.map(stepOf)].join('').replace(/^\./, ''), expected);
  }

  /** The place of the member processed last. */
  private place(): number {
    const { row, column, spellings } = this.origin;
    let known = this.open.length;
    while (known > 0 && this.open[known - 1]?.place === undefined) known -= 1;
    let place = spellings.placeWithin(spellings.placeOfRow(row), `.${column}`);
    for (const frame of this.open.slice(Math.max(known - 1, 0))) {
      const inner = rowIdOf(frame.value);
      frame.place ??= inner === undefined ? place : spellings.placeOfRow(inner);
      place = spellings.placeWithin(frame.place, stepOf(frame));
    }
    return place;
  }
}

/** Whether the object is a plain one: JSON may drop the content of others, such as a Map. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The step from a frame to the member processed last. */
function stepOf({ names, next }: Frame): string {
  return names === undefined ? `[${next - 1}]` : `.${names[next - 1]}`;
}

/** Resolves `toJSON` and wrapper objects, as JSON does. */
function plain(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { toJSON?: unknown };
  const own: unknown = typeof toJSON === 'function' ? toJSON.call(value, name) : value;
  const isWrapper = own instanceof Number || own instanceof String || own instanceof Boolean;
  return isWrapper ? own.valueOf() : own;
}
