// @ts-check
import { signJwt } from './jwt.mjs';

/**
 * Fixed, so that keys stay valid between runs. It protects nothing: the stack listens on the loopback interface only.
 */
export const JWT_SECRET = 'local-stack-jwt-secret-for-development-only';

/** In 2036. */
const KEYS_EXPIRE = 2_082_758_400;

/** An opaque key of the newer kind, with the role `anon`. */
export const PUBLISHABLE_KEY = 'sb_publishable_local_stack';
export const ANON_KEY = roleKey('anon');
export const SERVICE_KEY = roleKey('service_role');

/** @param {string} role */
function roleKey(role) {
  return signJwt({ iss: 'local-stack', role, iat: 1_767_225_600, exp: KEYS_EXPIRE }, JWT_SECRET);
}
