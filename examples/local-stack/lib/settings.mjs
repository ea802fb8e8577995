// @ts-check

/** What may be changed while the stack runs. */
export class Settings {
  /** Ends every connection after its answer: Chromium resends by itself what a reused connection lost. */
  closeConnections = false;

  /** How long a token lives from sign-in or refresh on. PostgREST tolerates 30 s more. */
  tokenSeconds = 3600;

  /** For how long a used refresh token still gives the one that replaced it (two tabs may refresh at once). */
  refreshReuseSeconds = 10;

  /**
   * @param {Partial<Pick<Settings, 'closeConnections' | 'tokenSeconds' | 'refreshReuseSeconds'>>} values absent or
   *   undefined ones stay
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
