// @ts-check
/** @typedef {import('./fixtures.mjs').Stack} Stack */

/** How long a token is valid, in seconds. */
const LIFETIME = 3600;

/**
 * A session as supabase-js stores it, with a token that expires in `seconds`.
 *
 * @param {Stack} stack
 * @param {{ email: string, password: string }} user
 * @param {number} seconds
 */
export async function newSession(stack, { email, password }, seconds) {
  const response = await fetch(`${stack.url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers: { apikey: stack.publishableKey, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const session = /** @type {any} */ (await response.json());
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const claims = JSON.parse(Buffer.from(session.access_token.split('.')[1], 'base64url').toString());
  const access_token = stack.signToken({ ...claims, iat: exp - LIFETIME, exp });
  return { ...session, access_token, expires_at: exp };
}
