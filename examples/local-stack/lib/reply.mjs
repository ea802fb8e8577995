// @ts-check

/**
 * A complete response that has not been sent yet.
 *
 * @typedef {{ status: number, rawHeaders: string[], body: Buffer }} Reply
 */

/**
 * @param {number} status
 * @param {unknown} [value] no body when absent
 * @param {Record<string, string>} [headers] additional ones
 * @returns {Reply}
 */
export function jsonReply(status, value, headers = {}) {
  const body = Buffer.from(value === undefined ? '' : JSON.stringify(value));
  const type = value === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' };
  return { status, rawHeaders: Object.entries({ ...type, ...headers }).flat(), body };
}
