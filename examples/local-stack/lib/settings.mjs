// @ts-check

/** What may be changed while the stack runs. */
export class Settings {
  /** Ends every connection after its answer: Chromium resends by itself what a reused connection lost. */
  closeConnections = false;

  /** How long a token lives from sign-in or refresh on. PostgREST tolerates 30 s more. */
  tokenSeconds = 3600;

  /** For how long a used refresh token still gives the one that replaced it (two tabs may refresh at once). */
  refreshReuseSeconds = 10;

  /** How long realtime gathers changes before it sends them; hosted servers poll every 100 ms. */
  realtimePollMs = 0;

  /** How long after its start realtime takes the first subscription, and loses what is committed: really 2–5 s. */
  realtimeColdMs = 0;

  /** How long until a new token's claims count: really 1–5 s. */
  realtimeTokenMs = 50;

  /** How long until a refused subscription is tried, and its error sent, again: really 5–10 s. */
  realtimeErrorMs = 5000;

  /** After how long without a frame of the client realtime closes the connection. */
  realtimeSilenceMs = 60_000;

  /** How late every frame goes out. */
  realtimeDelayMs = 0;

  /** Sends every frame two times. */
  realtimeDuplicates = false;

  /** Whether filters apply to a DELETE (by the old row), as on hosted servers. Older ones send it to every binding. */
  realtimeFilteredDeletes = true;

  /** From which size on a change is sent with small values only. */
  realtimeMaxRecordBytes = 1_048_576;

  /** How many channels a connection may have. */
  realtimeMaxChannels = 100;

  /** How many joins realtime takes within a second, from all clients. */
  realtimeMaxJoinsPerSecond = 100;

  /** How often a channel may track or untrack within 30 s; at the next the server closes it. */
  realtimeMaxPresenceCalls = 5;

  /**
   * @param {Partial<Omit<Settings, 'change'>>} values absent or undefined ones stay
   * @throws {TypeError} for an unknown name or a value of another type; then nothing is changed
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
