// @ts-check

/** Settings that may be changed while the stack runs. */
export class Settings {
  /**
   * Closes every connection after its response. Otherwise Chromium silently resends requests that a reused connection
   * lost.
   */
  closeConnections = false;

  /** The lifetime of a token after sign-in or refresh. PostgREST tolerates 30 s more. */
  tokenSeconds = 3600;

  /** How long a used refresh token still returns its successor (two tabs may refresh at once). */
  refreshReuseSeconds = 10;

  /** How long realtime collects changes before it sends them; hosted servers poll every 100 ms. */
  realtimePollMs = 0;

  /** How long the first subscription takes after a start, during which commits are lost; 2–5 s on hosted servers. */
  realtimeColdMs = 0;

  /** The delay until a new token's claims apply; 1–5 s on hosted servers. */
  realtimeTokenMs = 50;

  /** The delay until a refused subscription is tried and its error sent again; 5–10 s on hosted servers. */
  realtimeErrorMs = 5000;

  /** The time without a frame from the client after which realtime closes the connection. */
  realtimeSilenceMs = 60_000;

  /** The delay of every outgoing frame. */
  realtimeDelayMs = 0;

  /** Whether every frame is sent twice. */
  realtimeDuplicates = false;

  /** Whether filters apply to a DELETE (by the old row), as on hosted servers. Older ones send it to every binding. */
  realtimeFilteredDeletes = true;

  /** The size from which a change is sent without its large values. */
  realtimeMaxRecordBytes = 1_048_576;

  /** The maximum number of channels per connection. */
  realtimeMaxChannels = 100;

  /** The maximum number of joins per second, from all clients. */
  realtimeMaxJoinsPerSecond = 100;

  /** How often a channel may track or untrack within 30 s; at the next call the server closes it. */
  realtimeMaxPresenceCalls = 5;

  /**
   * @param {Partial<Omit<Settings, 'change'>>} values absent or undefined members stay unchanged
   * @throws {TypeError} for an unknown name or a value of another type; then nothing changes
   */
  change(values) {
    const given = Object.entries(values).filter(([, value]) => value !== undefined);
    for (const [name, value] of given) {
      if (!Object.hasOwn(this, name)) throw new TypeError(`There is no setting ${name}.`);
      const type = typeof (/** @type {any} */ (this)[name]);
      if (typeof value !== type) throw new TypeError(`The setting ${name} is a ${type}.`);
    }
    Object.assign(this, Object.fromEntries(given));
  }
}
