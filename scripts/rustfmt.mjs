// Formats every Rust file; with --check it only reports differences. `cargo fmt` misses src/tables, where a macro
// declares the modules, and tests/fuzz, which is a separate workspace.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [, edition] = /^edition = "(\d+)"$/m.exec(readFileSync(`${root}Cargo.toml`, 'utf8'));
const files = ['src', 'tests', 'scripts'].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true })
    .filter((file) => file.endsWith('.rs') && !/(^|\/)(target|node_modules)\//.test(file))
    .map((file) => `${folder}/${file}`),
);
const { status } = spawnSync('rustfmt', ['--edition', edition, ...process.argv.slice(2), ...files], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
