const NUMBER = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g;
const PARTS = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** Precedes a number that is read as text. No text in the database contains NUL. */
const MARK = '\0';
/** Numbers with fewer digits are never rounded. */
const LONG_DIGITS = 16;
/** Maximum size of the remembered texts, in characters of the numbers and of their paths. */
const MAX_SIZE = 8_000_000;
/** Overhead of a Map entry, in characters. */
const ENTRY_SIZE = 20;
/** The place of a value that is not within any remembered one. */
const NOWHERE = 0;

/** A value in a text that is being parsed. */
interface Spot {
  /** The enclosing value; undefined for a row. */
  readonly outer: Spot | undefined;
  /** Its name within that, or the row's id. */
  readonly step: string;
  /** The number of its place, once assigned. */
  place: number;
}

/**
 * Numbers that JavaScript cannot represent, as the database wrote them.
 *
 * jsonb columns contain numbers of any length, which `JSON.parse` rounds. This class keeps the texts of rounded
 * numbers, each by its place: the nearest enclosing object with a uuid as `id`, and the path from there. A number that
 * is written back to the place where it was read is written with its original text.
 *
 * A number represents each place and everything around it, because paths grow with the depth of a value, and a deep
 * value has many of them.
 */
export class Spellings {
  /** By the rounded number, then by place. */
  private readonly texts = new Map<number, Map<number, string>>();
  /** The numbers of places, by the number of the enclosing place and the name within it. */
  private readonly places = new Map<string, number>();
  private lastPlace = NOWHERE;
  /** Places up to this one were forgotten. */
  private lastForgotten = NOWHERE;
  /** The size of `texts` and `places` in characters. */
  private size = 0;
  /** Rounded numbers whose texts were forgotten because there were too many. */
  private readonly forgotten = new Set<number>();

  /** Remembers the numbers of a JSON text that parsing rounds. */
  learn(json: string): void {
    const marked = mayHoldRounded(json) ? markRounded(json) : undefined;
    // A remembered place may now contain a number that is not rounded.
    if (marked !== undefined || this.texts.size > 0) this.gather(JSON.parse(marked ?? json));
  }

  /**
   * The text of `value` at a place; undefined for a number that was not rounded. At another place than where it was
   * read, returns the only text that was read as this number, or an empty string if there are several.
   */
  of(value: number, place: () => number): string | undefined {
    const places = this.texts.get(value);
    const isForgotten = this.forgotten.has(value);
    if (places === undefined && !isForgotten) return undefined;
    const own = places?.get(place());
    if (own !== undefined) return own;
    // A short decimal may be the application's own value.
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

  /** Forgets everything, because it belongs to another user. */
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
      // Other numbers were rounded to this one, which is exact at the place where it was read.
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

  /** The number of a place, assigned if there is none. */
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

  /** Forgets all texts, but remembers that there were some. */
  private forgetAll(): void {
    for (const value of this.texts.keys()) this.forgotten.add(value);
    this.texts.clear();
    this.places.clear();
    this.lastForgotten = this.lastPlace;
    this.size = 0;
  }
}

/** The id of an object that has a uuid as its `id`. */
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
 * Whether the text may contain a rounded number; digits within strings can cause false positives. A run of digits of
 * this length covers a multiple of the length, so only every such character needs to be examined.
 */
function mayHoldRounded(json: string): boolean {
  for (let at = 0; at < json.length; at += LONG_DIGITS) {
    if (!isOfNumber(json, at)) continue;
    let [start, end] = [at, at + 1];
    while (isOfNumber(json, start - 1)) start -= 1;
    while (isOfNumber(json, end)) end += 1;
    if (end - start >= LONG_DIGITS && isRounded(json.slice(start, end))) return true;
    // Skip the digits examined already.
    at = end;
  }
  return false;
}

/** Whether there is a digit or a decimal point. */
function isOfNumber(json: string, at: number): boolean {
  const code = json.charCodeAt(at);
  return (code >= 48 && code <= 57) || code === 46;
}

function isRounded(number: string): boolean {
  if (number.length < LONG_DIGITS) return false;
  const read = String(Number(number));
  return read !== number && canonical(read) !== canonical(number);
}

/** The text with every number that would be rounded turned into a marked string; undefined if there is none. */
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

/** Where the string that opens at `open` ends. */
function endOfString(json: string, open: number): number {
  for (let close = json.indexOf('"', open + 1); close >= 0; close = json.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (json[close - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return close + 1;
  }
  return json.length;
}

/** A canonical form of a number: its significant digits and its power of ten. */
function canonical(number: string): string {
  const [, sign = '', whole, fraction = '', exponent = '0'] = PARTS.exec(number) ?? [];
  // Infinity, which a number that is too large becomes.
  if (whole === undefined) return number;
  const digits = whole + fraction;
  let [first, last] = [0, digits.length];
  while (digits[first] === '0') first += 1;
  while (last > first && digits[last - 1] === '0') last -= 1;
  if (first === last) return '0';
  return `${sign}${digits.slice(first, last)}e${Number(exponent) - fraction.length + digits.length - last}`;
}

/** Whether the number has few digits, as JavaScript prints it. */
function isShort(value: number): boolean {
  const size = Math.abs(value);
  return size <= Number.MAX_SAFE_INTEGER && canonical(String(size)).indexOf('e') < LONG_DIGITS;
}
