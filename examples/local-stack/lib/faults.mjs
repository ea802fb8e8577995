// @ts-check

/** The actions of a rule; `fault-actions.mjs` implements them. */
export const ACTIONS = Object.freeze([
  'latency',
  'latencyAfter',
  'status',
  'refuse',
  'reset',
  'resetAfterCommit',
  'hang',
  'hangAfterCommit',
  'truncate',
  'twice',
]);

/**
 * @typedef {object} Match every given part must hold
 * @property {string} [method]
 * @property {string | RegExp} [path] a part of path and query, or a regular expression (or its source)
 * @property {Record<string, string>} [header] each value is a part of that header
 */

/**
 * @typedef {object} FaultRule
 * @property {Match} [match] everything by default
 * @property {typeof ACTIONS[number]} action
 * @property {number | 'always'} [times] for how many matching requests; 1 by default
 * @property {number} [skip] how many matching requests pass before the rule applies
 * @property {number} [ms] how long to wait: after the response for `latencyAfter`, otherwise before anything else
 * @property {Promise<unknown>} [until] what to wait for instead
 * @property {number} [status] for `status`; 503 by default
 * @property {unknown} [body] for `status`: a string is sent unchanged, anything else as JSON
 * @property {Record<string, string>} [headers] for `status`
 */

/** @typedef {{ method: string, path: string, headers: Record<string, unknown> }} Seen */

/** The active rules. The first matching rule that is not used up applies; at most one rule applies to a request. */
export class Faults {
  /** @type {{ rule: FaultRule, left: number, skip: number }[]} */
  #active = [];

  /**
   * @param {FaultRule | FaultRule[]} rules
   * @throws {TypeError} if a rule is invalid; then none is added
   */
  add(rules) {
    const list = [rules].flat();
    list.forEach(check);
    for (const rule of list) {
      const left = rule.times === 'always' ? Infinity : (rule.times ?? 1);
      this.#active.push({ rule, left, skip: rule.skip ?? 0 });
    }
  }

  clear() {
    this.#active = [];
  }

  /** The rules that have not been used up. */
  get pending() {
    return this.#active.map(({ rule }) => rule);
  }

  /**
   * Uses one application of the rule that matches a request.
   *
   * @param {Seen} request
   * @returns {FaultRule | null}
   */
  take(request) {
    for (const entry of this.#active) {
      if (!matches(entry.rule.match ?? {}, request)) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      if (entry.left <= 0) this.#active = this.#active.filter((other) => other !== entry);
      return entry.rule;
    }
    return null;
  }
}

/** @param {FaultRule} rule */
function check(rule) {
  if (rule === null || typeof rule !== 'object') throw new TypeError('A fault rule is an object.');
  const { action, times = 1, skip = 0, ms = 0, status = 503 } = rule;
  if (!ACTIONS.includes(action)) throw new TypeError(`A fault's action is one of ${ACTIONS.join(', ')}.`);
  if (times !== 'always' && !(Number.isInteger(times) && times > 0)) {
    throw new TypeError('A fault\'s times is a whole number above 0, or "always".');
  }
  if (!(Number.isInteger(skip) && skip >= 0)) throw new TypeError("A fault's skip is a whole number.");
  if (!(ms >= 0)) throw new TypeError("A fault's ms is a number of milliseconds.");
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) {
    throw new TypeError("A fault's status is a whole number from 200 to 599.");
  }
}

/** @param {Match} match @param {Seen} request */
export function matches({ method, path, header = {} }, request) {
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (path !== undefined && !pathMatches(path, request.path)) return false;
  return Object.entries(header).every(([name, part]) =>
    String(request.headers[name.toLowerCase()] ?? '').includes(part),
  );
}

/** @param {string | RegExp} wanted @param {string} path */
function pathMatches(wanted, path) {
  if (wanted instanceof RegExp) return path.search(wanted) >= 0;
  if (path.includes(wanted)) return true;
  try {
    return new RegExp(wanted).test(path);
  } catch {
    return false;
  }
}
