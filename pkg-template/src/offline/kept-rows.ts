/** Objects of earlier visits that the server confirmed: they stay in the place of the equal ones that it sent. */
export class KeptRows {
  private readonly originals = new WeakMap<object, object>();

  /** The server sent `sent` for an entry that was shown as `shown`. */
  note(shown: unknown, sent: unknown): void {
    if (!isObject(shown) || !isObject(sent)) return;
    if (Array.isArray(shown) && Array.isArray(sent)) this.noteRows(shown, sent);
    if (JSON.stringify(shown) === JSON.stringify(sent)) this.originals.set(sent, shown);
  }

  /** What is shown in the place of an entry. */
  of(sent: unknown): unknown {
    if (!isObject(sent)) return sent;
    const whole = this.originals.get(sent);
    if (whole !== undefined || !Array.isArray(sent)) return whole ?? sent;
    const rows = sent.map((row: unknown) => (isObject(row) ? (this.originals.get(row) ?? row) : row));
    return rows.some((row, index) => row !== sent[index]) ? rows : sent;
  }

  private noteRows(shown: readonly unknown[], sent: readonly unknown[]): void {
    const known = new Map(shown.map((row) => [JSON.stringify(row), row]));
    for (const row of sent) {
      const original = known.get(JSON.stringify(row));
      if (isObject(row) && isObject(original)) this.originals.set(row, original);
    }
  }
}

function isObject(value: unknown): value is object {
  return Object(value) === value;
}
