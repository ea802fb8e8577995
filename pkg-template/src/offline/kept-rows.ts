/** Row objects from disk that the server has confirmed. They are shown instead of the equal objects of the response. */
export class KeptRows {
  private readonly originals = new WeakMap<object, object>();

  /** @param reuse returns `fresh`, or each row of it, replaced by the equal one that is `known` */
  constructor(private readonly reuse: (known: object, fresh: object) => object) {}

  /** The server sent `sent` for an entry that was shown as `shown`. */
  note(shown: unknown, sent: unknown): void {
    if (!isObject(shown) || !isObject(sent)) return;
    const kept = this.reuse(shown, sent);
    if (kept === sent) return;
    this.originals.set(sent, kept);
    if (!Array.isArray(kept) || !Array.isArray(sent)) return;
    sent.forEach((row: unknown, index) => {
      const original: unknown = kept[index];
      if (isObject(row) && isObject(original) && original !== row) this.originals.set(row, original);
    });
  }

  /** The value that is shown for an entry. */
  of(sent: unknown): unknown {
    if (!isObject(sent)) return sent;
    const whole = this.originals.get(sent);
    if (whole !== undefined || !Array.isArray(sent)) return whole ?? sent;
    const rows = sent.map((row: unknown) => (isObject(row) ? (this.originals.get(row) ?? row) : row));
    if (rows.every((row, index) => row === sent[index])) return sent;
    // The next call returns the same list.
    this.originals.set(sent, rows);
    return rows;
  }
}

function isObject(value: unknown): value is object {
  return Object(value) === value;
}
