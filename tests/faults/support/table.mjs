// @ts-check
import { FAULTS } from './faults.mjs';
import { OPERATIONS } from './operations.mjs';

/** @typedef {import('./cells.mjs').Cell} Cell */
/** @typedef {import('./cells.mjs').Result} Result */

const INTRODUCTION = `# Fault matrix

What each kind of call ends with when the network or the server fails. \`make fault-matrix\` runs every cell in Chromium
against the local stack (a real Postgres and PostgREST) and rewrites this page from
what it saw. The tests compare the page with a new run, and every cell with the rules in
\`tests/faults/support/rules.mjs\`.

## How to read a cell

\`value\` or the code of the error, then:

| part | meaning |
|---|---|
| \`(CODE)\` | the last error, which \`originalError\` holds; every failed call also says in words what happened |
| \`2 req\` | requests that the server counted, including the read that checks whether a lost insert was made |
| \`1 row\` | rows in the database that the write is about: 1 or 0, never 2. After a delete, 0 means deleted |
| \`1 entry\` | entries in the cache afterwards |
| \`1 event\` | for a subscription: how often one change was reported once it was live |
| \`… req\` | as many as it took: during a restart, and for a subscription, that depends on time |

Retries are at their default number (3 attempts), with short waits. "dead socket" is a connection that takes the request and
then stays silent, after the server has acted. "hang" is the same before the server acts. Both run with a short \`timeoutMs\`.

"server restart" ends PostgREST, drops every socket of Realtime, and starts both again. "database restart" kills one of Postgres's
processes: Postgres then ends every connection and recovers, as after a crash. Until it has, it takes no connection.

A subscription is tried further than the table shows: it may report \`error\` before it is live, must report \`reconnecting\` and
\`live\` after a fault that ends its connection and nothing otherwise, and tells each of two changes once, in order. A restart of the
database leaves the connection open. Realtime does not tell which changes it missed until it follows the database again: the next
reading of the scope finds them.

\`make test-full\` tries a core of the calls in Firefox and WebKit too, by the same rules. One thing differs: Firefox itself sends
a read up to ten times when the connection is reset, before the package gets the error and retries.
`;

/** @param {Cell} cell @param {Result} result */
function text({ fault, operation }, { outcome, cause, requests, rows, entries, events }) {
  const many = (/** @type {number} */ count, /** @type {string} */ one, all = `${one}s`) =>
    `${count} ${count === 1 ? one : all}`;
  const parts = [
    cause ? `${outcome} (${cause})` : outcome,
    FAULTS[fault].kind === 'restart' || operation === 'subscribe' ? '… req' : `${requests} req`,
    ...(rows === null ? [] : [many(rows, 'row')]),
    many(entries, 'entry', 'entries'),
    ...(events === null ? [] : [many(events, 'event')]),
  ];
  return parts.join(', ');
}

/**
 * The page with the results of all cells.
 *
 * @param {{ cell: Cell, result: Result }[]} seen
 */
export function writeTable(seen) {
  const titles = {
    once: 'The first request is affected',
    always: 'Every request is affected (for a subscription: the first three)',
  };
  const sections = Object.entries(titles).flatMap(([times, title]) => [
    `\n## ${title}`,
    ...Object.keys(OPERATIONS).map((operation) => {
      const own = seen.filter(({ cell }) => cell.times === times && cell.operation === operation);
      const lines = Object.keys(FAULTS).flatMap((fault) =>
        own
          .filter(({ cell }) => cell.fault === fault)
          .map(({ cell, result }) => `| ${fault} | ${text(cell, result)} |`),
      );
      return `\n### ${operation}\n\n| fault | what comes of it |\n|---|---|\n${lines.join('\n')}`;
    }),
  ]);
  return `${INTRODUCTION}${sections.join('\n')}\n`;
}
