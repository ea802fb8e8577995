// @ts-check
import { FAULTS } from './faults.mjs';
import { OPERATIONS } from './operations.mjs';

/** @typedef {import('./cells.mjs').Cell} Cell */
/** @typedef {import('./cells.mjs').Result} Result */

const INTRODUCTION = `# Fault matrix

The results of each kind of call when the network or the server fails. \`make fault-matrix\` runs every cell in Chromium
against the local stack (a real Postgres and PostgREST) and generates this page from the results. The tests compare the page
with a new run, and every cell with the rules in \`tests/faults/support/rules.mjs\`.

## How to read a cell

\`value\` or the code of the error, then:

| part | meaning |
|---|---|
| \`(CODE)\` | the last error, which is in \`originalError\`; the message of every failed call also says what happened |
| \`2 req\` | requests counted by the server, including the read that checks whether a lost insert was made |
| \`1 row\` | rows of the write in the database: 1 or 0, never 2. After a delete, 0 means deleted |
| \`1 entry\` | entries in the cache afterwards |
| \`1 event\` | for a subscription: how often one change was reported once it was live |
| \`… req\` | any number: during a restart, and for a subscription, it depends on time |

Calls have the default number of attempts (3), with short delays. "dead socket" is a connection that transmits the request and
then nothing more, after the server has processed it. "hang" is the same before the server processes it. Both run with a short
\`timeoutMs\`.

"server restart" ends PostgREST, drops every socket of Realtime, and starts both again. "database restart" kills one of Postgres's
processes: Postgres then ends every connection and recovers, as after a crash. Until then, it accepts no connections.

For subscriptions, the tests check more than the table shows. A subscription may report \`error\` before it is live. It must report
\`reconnecting\` and \`live\` after a fault that ends its connection, and nothing otherwise. It reports each of two changes once, in
order. A restart of the database leaves the connection open, and Realtime does not report the changes that it missed: the next
read of the scope finds them.

\`make test-full\` runs a core of the cells in Firefox and WebKit too, with the same rules. One thing differs: if a connection is
reset, Firefox itself sends a read up to ten times before the package gets the error and retries.
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
