const NUMBER = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g;
const PARTS = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** Stands before a number that is read as text. No text of the database holds a NUL. */
const MARK = '\0';
/** A number of fewer digits is never rounded. */
const LONG_DIGITS = 16;
/** How much is remembered, in characters of the numbers and of the names of their places. */
const MAX_SIZE = 8_000_000;
/** What an entry of a Map takes besides, in characters. */
const ENTRY_SIZE = 20;
/** The place of a value that is not within any remembered one. */
const NOWHERE = 0;

/** A value of a text that is being read. */
interface Spot {
  /** The value around it; undefined for a row. */
  readonly outer: Spot | undefined;
  /** Its name within that, or the row's id. */
  readonly step: string;
  /** The number of its place, once it has one. */
  place: number;
}

/**
 * Numbers that JavaScript cannot hold, as the database wrote them.
 *
 * jsonb columns hold numbers of any length, which `JSON.parse` rounds. The texts of rounded numbers are kept here, each by its
 * place: the nearest object around it with a uuid as `id`, and the path from there. A number that is written to the place where
 * it was read is written as it was.
 *
 * A place is known by a number, which stands for the place and everything around it: paths grow with the depth of a value, and
 * a deep value has many of them.
 */
export class Spellings {
  /** By the rounded number, then by place. */
  private readonly texts = new Map<number, Map<number, string>>();
  /** The numbers of places, by the number of the place around each and its name there. */
  private readonly places = new Map<string, number>();
  private lastPlace = NOWHERE;
  /** Places up to this one were forgotten. */
  private lastForgotten = NOWHERE;
  /** The characters of `texts` and `places`. */
  private size = 0;
  /** The rounded numbers with texts that were too many to remember. */
  private readonly forgotten = new Set<number>();

  /** Remembers the numbers of a JSON text that are rounded when it is parsed. */
  learn(json: string): void {
    const marked = mayHoldRounded(json) ? markRounded(json) : undefined;
    // What is remembered of a place may have changed to a number that is not rounded.
    if (marked !== undefined || this.texts.size > 0) this.gather(JSON.parse(marked ?? json));
  }

  /**
   * How `value` is written at a place; undefined for a number that was not rounded. At another place than where it was read,
   * that is the one text that was read as this number; an empty one where that cannot be told.
   */
  of(value: number, place: () => number): string | undefined {
    const places = this.texts.get(value);
    const isForgotten = this.forgotten.has(value);
    if (places === undefined && !isForgotten) return undefined;
    const own = places?.get(place());
    if (own !== undefined) return own;
    // A short decimal may as well be the application's own.
    if (isShort(value)) return undefined;
    const [text, ...others] = new Set(places?.values());
    return text === undefined || others.length > 0 || isForgotten ? '' : text;
  }

  /** The place of a row. */
  placeOfRow(row: string | undefined): number {
    return this.places.get(keyOfRow(row)) ?? NOWHERE;
  }

  /** The place of a member (`.name`) or an item (`[index]`) of the value at `outer`. */
  placeWithin(outer: number, step: string): number {
    return this.places.get(keyWithin(outer, step)) ?? NOWHERE;
  }

  /** Forgets everything: it was another user's. */
  clear(): void {
    this.forgetAll();
    this.forgotten.clear();
  }

  private gather(root: unknown): void {
    const waiting: [value: unknown, spot: Spot][] = [[root, spotOfRow(undefined)]];
    const exact: [value: number, spot: Spot][] = [];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [value, spot] = next;
      const within = (outer: Spot, step: string): Spot => ({ outer, step, place: NOWHERE });
      if (typeof value === 'string') {
        if (value.startsWith(MARK)) this.remember(value.slice(1), this.placeAt(spot));
      } else if (typeof value === 'number') {
        exact.push([value, spot]);
      } else if (Array.isArray(value)) {
        value.forEach((item, index) => waiting.push([item, within(spot, `[${index}]`)]));
      } else if (typeof value === 'object' && value !== null) {
        const row = rowIdOf(value);
        const outer = row === undefined ? spot : spotOfRow(row);
        for (const [name, member] of Object.entries(value)) waiting.push([member, within(outer, `.${name}`)]);
      }
    }
    for (const [value, spot] of exact) {
      // Other numbers were rounded to this one, which is itself where it was read.
      if (this.texts.has(value)) this.remember(String(value), this.placeAt(spot));
    }
  }

  private remember(text: string, place: number): void {
    const value = Number(text);
    let texts = this.texts.get(value);
    if (texts === undefined) this.texts.set(value, (texts = new Map()));
    const before = texts.get(place);
    this.size += text.length + (before === undefined ? ENTRY_SIZE : -before.length);
    texts.set(place, text);
    if (this.size > MAX_SIZE) this.forgetAll();
  }

  /** The number of a place; a new one where there is none. */
  private placeAt(spot: Spot): number {
    const unnumbered: Spot[] = [];
    let known: Spot | undefined = spot;
    while (known !== undefined && known.place <= this.lastForgotten) {
      unnumbered.push(known);
      known = known.outer;
    }
    let place = known?.place ?? NOWHERE;
    for (let next = unnumbered.pop(); next !== undefined; next = unnumbered.pop()) {
      const { outer, step } = next;
      place = next.place = this.numberOf(outer === undefined ? keyOfRow(step) : keyWithin(place, step));
    }
    return place;
  }

  private numberOf(key: string): number {
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.places.set(key, (this.lastPlace += 1));
    this.size += key.length + ENTRY_SIZE;
    return this.lastPlace;
  }

  /** Forgets all texts at once, and remembers that there were some. */
  private forgetAll(): void {
    for (const value of this.texts.keys()) this.forgotten.add(value);
    this.texts.clear();
    this.places.clear();
    this.lastForgotten = this.lastPlace;
    this.size = 0;
  }
}

/** The id of an object that is a row, or as good as one. */
export function rowIdOf(value: object): string | undefined {
  const { id } = value as { id?: unknown };
  return typeof id === 'string' && UUID.test(id) ? id.toLowerCase() : undefined;
}

function spotOfRow(row: string | undefined): Spot {
  return { outer: undefined, step: String(row), place: NOWHERE };
}

function keyOfRow(row: string | undefined): string {
  return String(row);
}

function keyWithin(outer: number, step: string): string {
  return `${outer} ${step}`;
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

/** Whether the number, as JavaScript prints it, has few digits. */
function isShort(value: number): boolean {
  const size = Math.abs(value);
  return size <= Number.MAX_SAFE_INTEGER && canonical(String(size)).indexOf('e') < LONG_DIGITS;
}
