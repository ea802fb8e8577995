// @ts-check
import { randomUUID } from 'node:crypto';

/** @typedef {ReturnType<typeof import('../fixtures.mjs').createFixtures>} Fixtures */
/** @typedef {Awaited<ReturnType<Fixtures['newEstate']>>} Rows */
/** @typedef {Rows & Awaited<ReturnType<Fixtures['newBelongings']>>} Estate */
/** @typedef {import('../fixtures.mjs').Row} Row */

/**
 * The expected behavior of a function of `db`, in a form that works for all of them.
 *
 * An outcome is the value that the call resolves to, or `{ code }` of the error that it rejects with.
 *
 * @typedef {object} Promised
 * @property {(estate: Estate) => unknown[]} args for the user's own rows
 * @property {string} table where the outcome is read or written
 * @property {(estate: Estate) => string | null} [target] the row that is written; null for a new one
 * @property {number} [requestsToMiss] the number of requests for a missing row; 1 by default
 * @property {unknown} missing the outcome for ids that do not exist
 * @property {unknown} foreign the outcome for another user's row
 * @property {unknown} anonymous the outcome without a signed-in user
 * @property {(estate: Estate) => [args: unknown[], named: string][]} bad refused, with the name in the message
 */

export const NOT_FOUND = { code: 'NOT_FOUND' };
export const FORBIDDEN = { code: '42501' };
export const DONE = undefined;
export const EMPTY_PAGE = { data: [], total: 0, page: 0, pageSize: 50, hasMore: false };

/** Values that are not valid ids. */
export const NO_UUIDS = [
  undefined,
  null,
  7,
  '',
  'x',
  {},
  [],
  `${randomUUID()}'`,
  `${randomUUID()},id.gt.0`,
  ` ${randomUUID()}`,
];

/** @param {string} named @param {unknown[]} [rest] @returns {[unknown[], string][]} */
export const badIds = (named, rest = []) => NO_UUIDS.map((id) => [[id, ...rest], named]);

/** @param {(id: unknown) => Row} rowOf @param {string} named @returns {[unknown[], string][]} */
export const badIdsIn = (rowOf, named) =>
  [undefined, null, 7, 'x', `${randomUUID()})`].map((id) => [[rowOf(id)], named]);

/** @param {string} id @param {Row} wrong a value for each column that it refuses @returns {[unknown[], string][]} */
export const badPatches = (id, wrong) => [
  [[id], 'patch'],
  [[id, null], 'patch'],
  [[id, []], 'patch'],
  [[id, {}], 'patch'],
  [[id, { name: undefined, node_id: undefined, full_name: undefined, status: undefined }], 'patch'],
  [[id, { colour: 'red' }], 'colour'],
  [[id, { id: randomUUID() }], 'id'],
  .../** @type {[unknown[], string][]} */ (
    Object.entries(wrong).flatMap(([column, values]) =>
      values.map((/** @type {unknown} */ value) => [[id, { [column]: value }], column]),
    )
  ),
];
