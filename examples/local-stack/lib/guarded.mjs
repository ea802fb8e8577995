// @ts-check
import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverUser } from './server-user.mjs';
import { StackError } from './stack-error.mjs';

/**
 * A guard between this process and the server, which makes sure that the server does not outlive its parent: when our
 * end of the shell's input pipe closes, `cat` returns and the server is stopped. The shell has its own session, so
 * Ctrl-C in a terminal reaches only this process, which stops everything in order.
 */
const GUARD = `
stop_signal=$1 remove=$2
shift 2
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
(cat <&3 >/dev/null; kill -s "$stop_signal" $server) 2>/dev/null &
watcher=$!
exec 3<&-
wait $server
code=$?
kill $watcher 2>/dev/null
[ -n "$remove" ] && rm -rf "$remove"
exit $code
`;

const STOP_TIMEOUT_MS = 10_000;
const READY_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 15;

/** @typedef {{ ready(check: () => Promise<boolean>): Promise<void>, stop(): Promise<void> }} Guarded */

/**
 * Starts a server that stops when this process ends.
 *
 * @param {object} options
 * @param {string} options.name for error messages
 * @param {string[]} options.command
 * @param {NodeJS.ProcessEnv} [options.env] added to this process's environment
 * @param {string} options.logFile receives the server's output
 * @param {'INT' | 'QUIT' | 'TERM'} options.stopSignal
 * @param {string} [options.remove] a folder to delete once the server has ended
 * @returns {Promise<Guarded>}
 */
export async function startGuarded({ name, command, env, logFile, stopSignal, remove = '' }) {
  // Kept open, because the file may be deleted before a failure is investigated.
  const log = await open(logFile, 'a+');
  const child = spawn('/bin/sh', ['-c', GUARD, 'guard', stopSignal, remove, ...command], {
    ...(await serverUser()),
    cwd: '/',
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['pipe', log.fd, log.fd],
  });
  // A server that exits leaves a pipe without a reader.
  child.stdin?.on('error', () => {});

  let ended = false;
  const end = new Promise((resolve) => {
    for (const event of ['exit', 'error']) {
      child.on(event, () => {
        ended = true;
        resolve(undefined);
      });
    }
  });

  return {
    async ready(check) {
      const deadline = Date.now() + READY_TIMEOUT_MS;
      while (!(await check())) {
        if (ended || Date.now() > deadline) {
          const verb = ended ? 'could not start' : 'did not become ready';
          throw new StackError(`${name} ${verb}: ${await lastWords(log)}`);
        }
        await sleep(READY_POLL_MS);
      }
    },

    async stop() {
      child.stdin?.end();
      const late = setTimeout(() => {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      }, STOP_TIMEOUT_MS);
      await end;
      clearTimeout(late);
      await log.close();
    },
  };
}

/**
 * The line of the log that explains why the server ended.
 *
 * @param {import('node:fs/promises').FileHandle} log
 */
async function lastWords(log) {
  const { size } = await log.stat();
  const { buffer } = await log.read({ buffer: Buffer.alloc(size), position: 0 });
  const lines = buffer.toString().trim().split('\n');
  return lines.find((line) => /could not|FATAL|error/i.test(line)) ?? (lines.at(-1) || 'it printed nothing');
}
