// @ts-check
import { createHmac, timingSafeEqual } from 'node:crypto';

/** @typedef {Record<string, unknown>} Claims */

/** @param {Claims} claims @param {string} secret @returns {string} a JWT signed with HS256 */
export function signJwt(claims, secret) {
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${body}.${signature(body, secret)}`;
}

/**
 * Verifies a token and returns its claims.
 *
 * @param {string} token
 * @param {string} secret
 * @returns {Claims | null} null if it is malformed, has another signature, or has expired
 */
export function verifyJwt(token, secret) {
  if (!isSigned(token, secret)) return null;
  const claims = readClaims(token);
  return claims && Number(claims.exp) > Date.now() / 1000 ? claims : null;
}

/** @param {string} token @param {string} secret @returns {boolean} whether the signature is valid */
export function isSigned(token, secret) {
  const [header, payload, given] = token.split('.');
  const expected = Buffer.from(signature(`${header}.${payload}`, secret));
  const actual = Buffer.from(given ?? '');
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/**
 * The claims of a token, without checking its signature.
 *
 * @param {string} token
 * @returns {Claims | null} null if it is malformed
 */
export function readClaims(token) {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return claims !== null && typeof claims === 'object' ? claims : null;
  } catch {
    return null;
  }
}

/** @param {object} value */
function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** @param {string} body @param {string} secret */
function signature(body, secret) {
  return createHmac('sha256', secret).update(body).digest('base64url');
}
