// @ts-check
import { isSigned, readClaims } from '../jwt.mjs';
import { ANON_KEY, JWT_SECRET, PUBLISHABLE_KEY } from '../keys.mjs';
import { inspect } from './inspect.mjs';

/** @typedef {import('../jwt.mjs').Claims & { role: string, exp: number }} Claims */

/**
 * A token that the server refuses.
 *
 * `reason` appears in the reply to a join; `inspected` is the form in system messages.
 */
export class TokenError extends Error {
  /** @param {string} reason @param {string} [inspected] */
  constructor(reason, inspected = `:${reason}`) {
    super(reason);
    this.reason = reason;
    this.inspected = inspected;
  }
}

/**
 * Reads a token with the same checks as the server, in the same order.
 *
 * @param {string} token
 * @returns {Claims}
 * @throws {TokenError}
 */
export function readToken(token) {
  const header = readPart(token, 0);
  const claims = readClaims(token);
  if (!header || !claims || token.split('.').length !== 3) throw new TokenError('expected_claims_map');
  if (header.alg !== 'HS256') throw new TokenError('error_generating_signer');
  if (!isSigned(token, JWT_SECRET)) throw new TokenError('signature_error');
  if (isExpired(claims)) throw new TokenError('Invalid JWT Token', expiryText(Number(claims.exp)));
  if (typeof claims.role !== 'string' || typeof claims.exp !== 'number') {
    const text = 'Fields `role` and `exp` are required in JWT';
    throw new TokenError(text, inspect(text));
  }
  return /** @type {Claims} */ (claims);
}

/**
 * The claims of an API key.
 *
 * @param {string | null} key
 * @returns {Claims | null} null if the key is invalid
 */
export function readApiKey(key) {
  try {
    return readToken(key === PUBLISHABLE_KEY ? ANON_KEY : (key ?? ''));
  } catch {
    return null;
  }
}

/** @param {unknown} token clients without a user send the API key, which may be opaque */
export function isToken(token) {
  return typeof token === 'string' && !token.startsWith('sb_');
}

/** @param {number} exp seconds since 1970 */
export function expiryText(exp) {
  return `[message: "Invalid token", claim: "exp", claim_val: ${exp}]`;
}

/** @param {import('../jwt.mjs').Claims} claims */
function isExpired({ exp }) {
  return typeof exp === 'number' && exp <= Date.now() / 1000;
}

/** @param {string} token @param {number} index */
function readPart(token, index) {
  try {
    return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());
  } catch {
    return null;
  }
}
