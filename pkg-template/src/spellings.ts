const NUMBER = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g;
const PARTS = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** Stands before a number that is read as text. No text of the database holds a NUL. */
const MARK = '\0';
/** A number of fewer digits is never rounded. */
const LONG_DIGITS = 16;
/** How much is remembered, in characters of the numbers and of their places. */
const MAX_SIZE = 8_000_000;

/**
 * Numbers that JavaScript cannot hold, as the database wrote them.
 *
 * jsonb columns hold numbers of any length, which `JSON.parse` rounds. The texts of rounded numbers are kept here, each by its
 * place: the nearest object around it with a uuid as `id`, and the path from there. A number that is written to the place where
 * it was read is written as it was.
 */
export class Spellings {
  /** By the rounded number, then by place. */
  private readonly texts = new Map<number, Map<string, string>>();
  /** The characters of `texts`. */
  private size = 0;
  /** The rounded numbers with texts that were too many to remember. */
  private readonly forgotten = new Set<number>();

  /** Remembers the numbers of a JSON text that are rounded when it is parsed. */
  learn(json: string): void {
    if (!mayHoldRounded(json)) return;
    const marked = markRounded(json);
    if (marked !== undefined) this.gather(JSON.parse(marked));
  }

  /**
   * How `value` is written at a place; undefined for a number that was not rounded. At another place than where it was read,
   * that is the one text that was read as this number; an empty one where that cannot be told.
   */
  of(value: number, place: () => string): string | undefined {
    const places = this.texts.get(value);
    const isForgotten = this.forgotten.has(value);
    if (places === undefined && !isForgotten) return undefined;
    const own = places?.get(place());
    if (own !== undefined) return own;
    // A short decimal may as well be the application's own.
    const isOwn = digitsOf(value) < LONG_DIGITS && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    if (isOwn) return undefined;
    const [text, ...others] = new Set(places?.values());
    return text === undefined || others.length > 0 || isForgotten ? '' : text;
  }

  /** Forgets everything: it was another user's. */
  clear(): void {
    this.texts.clear();
    this.size = 0;
    this.forgotten.clear();
  }

  private gather(root: unknown): void {
    const waiting: [value: unknown, row: string | undefined, path: string][] = [[root, undefined, '']];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [value, row, path] = next;
      if (typeof value === 'string') {
        if (value.startsWith(MARK)) this.remember(value.slice(1), placeOf(row, path));
      } else if (Array.isArray(value)) {
        value.forEach((item, index) => waiting.push([item, row, `${path}[${index}]`]));
      } else if (typeof value === 'object' && value !== null) {
        const own = rowIdOf(value);
        for (const [name, member] of Object.entries(value)) {
          waiting.push([member, own ?? row, `${own === undefined ? path : ''}.${name}`]);
        }
      }
    }
  }

  private remember(text: string, place: string): void {
    const value = Number(text);
    let places = this.texts.get(value);
    if (places === undefined) this.texts.set(value, (places = new Map()));
    const before = places.get(place);
    this.size += text.length + (before === undefined ? place.length : -before.length);
    places.set(place, text);
    if (this.size > MAX_SIZE) this.forgetOldest();
  }

  /** Forgets half of it at once: where members were deleted, a Map looks for its first one slowly. */
  private forgetOldest(): void {
    for (const [value, places] of this.texts) {
      if (this.size <= MAX_SIZE / 2) break;
      places.forEach((text, place) => (this.size -= text.length + place.length));
      this.texts.delete(value);
      this.forgotten.add(value);
    }
  }
}

/** The id of an object that is a row, or as good as one. */
export function rowIdOf(value: object): string | undefined {
  const { id } = value as { id?: unknown };
  return typeof id === 'string' && UUID.test(id) ? id.toLowerCase() : undefined;
}

/** The place at the end of a path that begins at a row. */
export function placeOf(row: string | undefined, path: string): string {
  return `${row} ${path}`;
}

/**
 * Whether a number of the text may be rounded; digits within strings may be taken for one. Of so many digits in a row, one is at
 * a multiple of their number: not every character needs to be looked at.
 */
function mayHoldRounded(json: string): boolean {
  for (let at = 0; at < json.length; at += LONG_DIGITS) {
    if (!isOfNumber(json, at)) continue;
    let [start, end] = [at, at + 1];
    while (isOfNumber(json, start - 1)) start -= 1;
    while (isOfNumber(json, end)) end += 1;
    if (end - start >= LONG_DIGITS && isRounded(json.slice(start, end))) return true;
    // The same digits are not looked at again.
    at = end;
  }
  return false;
}

/** Whether there is a digit or a point. */
function isOfNumber(json: string, at: number): boolean {
  const code = json.charCodeAt(at);
  return (code >= 48 && code <= 57) || code === 46;
}

function isRounded(number: string): boolean {
  if (number.length < LONG_DIGITS) return false;
  const read = String(Number(number));
  return read !== number && canonical(read) !== canonical(number);
}

/** The text with every number that would be rounded as a marked string; undefined when there is none. */
function markRounded(json: string): string | undefined {
  let isMarked = false;
  const mark = (number: string): string => {
    if (!isRounded(number)) return number;
    isMarked = true;
    return `"\\u0000${number}"`;
  };
  const parts: string[] = [];
  for (let at = 0; at < json.length;) {
    const quote = json.indexOf('"', at);
    const open = quote < 0 ? json.length : quote;
    const between = json.slice(at, open);
    parts.push(between.length < LONG_DIGITS ? between : between.replace(NUMBER, mark));
    at = endOfString(json, open);
    parts.push(json.slice(open, at));
  }
  return isMarked ? parts.join('') : undefined;
}

/** Where the string that opens at `open` is over. */
function endOfString(json: string, open: number): number {
  for (let close = json.indexOf('"', open + 1); close >= 0; close = json.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (json[close - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return close + 1;
  }
  return json.length;
}

/** One text for all ways to write a number: its significant digits, and their power of ten. */
function canonical(number: string): string {
  const [, sign = '', whole, fraction = '', exponent = '0'] = PARTS.exec(number) ?? [];
  // Infinity, which a number too large becomes.
  if (whole === undefined) return number;
  const digits = whole + fraction;
  let [first, last] = [0, digits.length];
  while (digits[first] === '0') first += 1;
  while (last > first && digits[last - 1] === '0') last -= 1;
  if (first === last) return '0';
  return `${sign}${digits.slice(first, last)}e${Number(exponent) - fraction.length + digits.length - last}`;
}

function digitsOf(value: number): number {
  return canonical(String(Math.abs(value))).indexOf('e');
}
