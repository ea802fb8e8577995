// Checks the npm and Rust dependencies for known vulnerabilities. Exits with UNREACHABLE if an advisory database cannot
// be reached, so that a machine without access can tell this from a finding.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The exit code that test harnesses read as "skipped". */
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
    // The published package has no dependencies. These are tools, so Dependabot takes care of low severities.
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
