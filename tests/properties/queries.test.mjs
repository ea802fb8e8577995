// @ts-check
// The states of a hook's query for any order of renders, reads, changes and failures.
import { assert, fc, internals, property } from './support.mjs';

const { initialState, isAwaited, isUnderWay, transition } = await internals(
  'pkg-template/src/react/query-state.ts',
);

/** The row on the server: this user's, in this version. @typedef {{ user: number, version: number }} Row */

/** A query together with a model of the server and the cache. */
class World {
  user = 0;
  version = 0;
  nowMs = 0;
  /** @type {Row | undefined} */
  stored;
  /** The reads in flight, each with its result and whether a change overtook it. */
  reads = /** @type {{ read: number, row: Row, isOvertaken: boolean }[]} */ ([]);
  isHidden = true;
  /** Whether the user changed while the component was hidden. */
  isOfOther = false;

  /** @param {boolean} isAlwaysAsked */
  constructor(isAlwaysAsked) {
    this.state = initialState({ key: 'workflow:1', isAlwaysAsked }, undefined, undefined);
  }

  get row() {
    return { user: this.user, version: this.version };
  }

  /** Whether nothing is in flight or scheduled. */
  get isAtRest() {
    const { activity } = this.state;
    return !isUnderWay(activity) && activity.waitMs === undefined;
  }

  /** @param {any} event */
  tell(event) {
    const before = this.state;
    this.state = transition(before, event, { stored: this.stored, nowMs: this.nowMs });
    if (this.state.reads > before.reads) {
      this.reads.push({ read: this.state.reads, row: this.row, isOvertaken: false });
    }
    this.check();
  }

  /** The invariants. */
  check() {
    const { activity, answer, error, isObserved } = this.state;
    if (!this.isOfOther) assert.ok(!answer || answer.data.user === this.user, 'shows a row of another user');
    if (isObserved) assert.notEqual(activity.status, 'new', 'is mounted but never read');
    if (isObserved && isAwaited(activity))
      assert.ok(isUnderWay(activity), 'is loading without a read in flight');
    if (!isObserved) assert.ok(activity.waitMs === undefined, 'is not mounted but has a timer');
    if (activity.status === 'settled')
      assert.ok(answer && !answer.isBorrowed && !error, 'settles without a result');
    if (activity.status === 'failed') assert.ok(error, 'failed without an error');
  }

  entryChanged() {
    if (!this.isHidden) this.tell({ type: 'entryChanged' });
  }

  show() {
    if (!this.isHidden) return;
    this.isHidden = false;
    if (this.isOfOther) {
      this.isOfOther = false;
      this.tell({ type: 'userChanged' });
    }
    this.tell({ type: 'observed' });
  }

  hide() {
    this.isHidden = true;
    this.tell({ type: 'unobserved' });
  }

  /** A change that the cache applies, or for which it drops its entry. @param {boolean} isApplied */
  change(isApplied) {
    if (this.stored === undefined && this.reads.length === 0) return;
    this.version += 1;
    for (const read of this.reads) read.isOvertaken = true;
    this.stored = isApplied && this.stored !== undefined ? this.row : undefined;
    this.entryChanged();
  }

  evict() {
    if (this.stored === undefined) return;
    this.stored = undefined;
    this.entryChanged();
  }

  /** An own write succeeds, and the cache does not apply it. */
  write() {
    this.change(false);
    this.version += 1;
    if (!this.isHidden) this.tell({ type: 'written', data: this.state.answer && this.row });
  }

  changeUser() {
    this.user += 1;
    this.stored = undefined;
    if (this.isHidden) this.isOfOther = true;
    else this.tell({ type: 'userChanged' });
  }

  /** @param {number} index @param {string} [code] the error code if it fails */
  end(index, code) {
    const [ended] = this.reads.splice(index % Math.max(this.reads.length, 1), 1);
    if (ended === undefined) return;
    const { read, row } = ended;
    if (code !== undefined) return this.tell({ type: 'failed', read, error: { code } });
    if (row.user === this.user) {
      // The cache rejects a response that a change overtook, and reports that.
      if (!ended.isOvertaken) this.stored = row;
      this.entryChanged();
    }
    this.tell({ type: 'answered', read, data: row, isAtOnce: false });
  }

  wait() {
    const { waitMs } = this.state.activity;
    if (waitMs === undefined) return;
    this.nowMs += waitMs;
    this.tell({ type: 'waited' });
  }
}

/** @type {fc.Arbitrary<(world: World) => void>} */
const step = fc.oneof(
  fc.constantFrom(
    named('show', (world) => world.show()),
    named('hide', (world) => world.hide()),
    named('wait', (world) => world.wait()),
    named('evict', (world) => world.evict()),
    named('patch', (world) => world.change(true)),
    named('drop', (world) => world.change(false)),
    named('write', (world) => world.write()),
    named('change user', (world) => world.changeUser()),
    named('recover', (world) => world.isHidden || world.tell({ type: 'recovered' })),
    named('refresh', (world) => world.isHidden || world.tell({ type: 'refreshed', isAwaited: true })),
    named('refetch', (world) => world.isHidden || world.tell({ type: 'refreshed', isAwaited: false })),
  ),
  fc.nat(3).map((index) => named(`answer ${index}`, (world) => world.end(index))),
  fc
    .tuple(fc.nat(3), fc.constantFrom('NETWORK', '42501'))
    .map(([index, code]) => named(`fail ${index} ${code}`, (world) => world.end(index, code))),
);

/** A step that fast-check prints by name. @param {string} name @param {(world: World) => unknown} run */
function named(name, run) {
  return Object.assign((/** @type {World} */ world) => void run(world), { [fc.toStringMethod]: () => name });
}

property(
  'a mounted query always settles with the latest result',
  fc.record({ isAlwaysAsked: fc.boolean(), steps: fc.array(step, { maxLength: 30 }) }),
  ({ isAlwaysAsked, steps }) => {
    const world = new World(isAlwaysAsked);
    for (const run of steps) run(world);
    world.show();
    // A query that this user may not read is not repeated automatically.
    if (world.state.error?.code === '42501') world.tell({ type: 'refreshed', isAwaited: true });
    const { reads } = world.state;
    for (let left = 10; left > 0 && !world.isAtRest; left -= 1) {
      if (world.state.activity.status === 'reading') world.end(world.reads.length - 1);
      else world.wait();
    }
    assert.ok(world.isAtRest);
    assert.deepEqual(world.state.answer.data, world.row);
    assert.ok(world.state.reads - reads <= 2, 'reads more often than necessary');
  },
);
