// Looks for known vulnerabilities in the dependencies, npm's and Rust's. Ends with UNREACHABLE when a database of
// advisories does not answer, so that a machine without access to it can tell that from a finding.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The exit code of test harnesses for "skipped". */
const UNREACHABLE = 77;
const root = fileURLToPath(new URL('..', import.meta.url));
const LOCK_FILES = ['.', 'docs/site', 'examples/local-stack', 'examples/react-app'];

const run = (command, args, cwd = root) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { isOk: status === 0, output: `${stdout}${stderr}` };
};

const audits = [
  ...LOCK_FILES.map((folder) => ({
    name: `npm, ${folder}`,
    // What is published has no dependencies: these are tools, so low severities may wait for Dependabot.
    ...run('npm', ['audit', '--package-lock-only', '--audit-level=high'], `${root}${folder}`),
    isUnreachable: (output) => /audit endpoint returned an error|ENOTFOUND|ECONNREFUSED/.test(output),
  })),
  {
    name: 'Rust',
    ...run('cargo', ['deny', 'check', 'advisories']),
    isUnreachable: (output) => /failed to fetch advisory database/.test(output),
  },
].map((audit) => ({ ...audit, isUnreachable: !audit.isOk && audit.isUnreachable(audit.output) }));

for (const { name, isOk, isUnreachable, output } of audits) {
  console.log(`${name}: ${isOk ? 'nothing found' : isUnreachable ? 'no advisories available' : output}`);
}
const isFound = audits.some(({ isOk, isUnreachable }) => !isOk && !isUnreachable);
process.exitCode = isFound ? 1 : audits.some(({ isUnreachable }) => isUnreachable) ? UNREACHABLE : 0;
