// @ts-check

/** @typedef {import('../../../examples/local-stack/lib/faults.mjs').FaultRule} FaultRule */

/**
 * The effect of a fault on a request.
 *
 * - `late`: the response is correct but late.
 * - `before`: the server does not process the request, and no usable response arrives.
 * - `after`: the server processes the request, and its response is lost.
 * - `restart`: a process of the server ends and starts again.
 *
 * @typedef {object} Fault
 * @property {'late' | 'before' | 'after' | 'restart'} kind
 * @property {Partial<FaultRule> & Pick<FaultRule, 'action'>} [rule] how the gateway injects it
 * @property {string} [code] the error's code if every attempt fails; NETWORK by default
 * @property {boolean} [isFinal] whether the request is not retried
 * @property {RegExp} [says] a pattern for the error's texts
 */

/** @param {number} status @param {Partial<FaultRule>} [more] @returns {Fault} */
const answers = (status, more = {}) => ({
  kind: 'before',
  rule: { action: 'status', status, body: '', ...more },
  code: 'UNKNOWN_ERROR',
  says: new RegExp(String(status)),
});

const RETRY_AFTER = { 'Retry-After': '1', 'Access-Control-Expose-Headers': 'Retry-After' };
const NO_ANSWER = /network|reach|connection|answer/i;

/** @type {Record<string, Fault>} */
export const FAULTS = {
  latency: { kind: 'late', rule: { action: 'latency', ms: 300 } },
  refused: { kind: 'before', rule: { action: 'refuse' }, says: NO_ANSWER },
  'reset before commit': { kind: 'before', rule: { action: 'reset' }, says: NO_ANSWER },
  'reset after commit': { kind: 'after', rule: { action: 'resetAfterCommit' }, says: NO_ANSWER },
  hang: { kind: 'before', rule: { action: 'hang' }, code: 'TIMEOUT', says: /time|within|answer/i },
  'dead socket': {
    kind: 'after',
    rule: { action: 'hangAfterCommit' },
    code: 'TIMEOUT',
    says: /time|within|answer/i,
  },
  429: answers(429),
  '429 with Retry-After': answers(429, { headers: RETRY_AFTER }),
  408: answers(408),
  425: answers(425),
  500: answers(500),
  502: answers(502),
  503: answers(503),
  504: answers(504),
  520: answers(520),
  'truncated body': { kind: 'after', rule: { action: 'truncate' }, says: NO_ANSWER },
  'wrong content type': {
    kind: 'before',
    rule: {
      action: 'status',
      status: 200,
      headers: { 'Content-Type': 'text/html' },
      body: '<!doctype html>Hello',
    },
    says: /JSON|answer/,
  },
  'empty body': { kind: 'before', rule: { action: 'status', status: 200, body: '' }, says: /JSON|answer/ },
  redirect: {
    kind: 'before',
    rule: { action: 'status', status: 302, headers: { Location: '/elsewhere' }, body: '' },
    isFinal: true,
    says: /redirect/,
  },
  'server restart': { kind: 'restart' },
  'database restart': { kind: 'restart' },
};

/** The faults of the core: one or two of each kind. */
export const CORE = [
  'latency',
  'reset before commit',
  'reset after commit',
  '503',
  'truncated body',
  'redirect',
];
