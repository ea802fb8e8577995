// @ts-check
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { useWorld } from '../../e2e/support/world.mjs';

const PAGE = fileURLToPath(new URL('./page.jsx', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../node_modules/', import.meta.url));

/** The versions of React that everything is tried with. */
export const VERSIONS = /** @type {const} */ (['18', '19']);

/** @typedef {import('../../e2e/support/fixtures.mjs').User} User */

/**
 * A world whose pages show hooks.
 *
 * @param {import('../../../examples/local-stack/stack.mjs').StackOptions} [stackOptions]
 */
export async function useHooks(stackOptions) {
  const world = await useWorld(stackOptions, (packageRoot) =>
    Object.fromEntries(
      VERSIONS.map((version) => [`/react${version}`, once(() => bundle(version, packageRoot))]),
    ),
  );
  return {
    ...world,
    /**
     * A page of a user, with a version of React.
     *
     * @param {string} version
     * @param {User | null} as
     * @param {import('../../e2e/support/world.mjs').TabOptions} [options]
     */
    openHooks: (version, as, options = {}) => world.open({ as, path: `/react${version}`, ...options }),
  };
}

/**
 * The page's script with this version of React and the packed package.
 *
 * @param {string} version
 * @param {string} packageRoot
 */
async function bundle(version, packageRoot) {
  const { outputFiles } = await build({
    entryPoints: [PAGE],
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
    plugins: [
      {
        name: 'versions',
        setup(builder) {
          builder.onResolve({ filter: /^\/pkg\// }, ({ path }) => ({
            path: join(packageRoot, path.slice('/pkg/'.length)),
          }));
          builder.onResolve({ filter: /^react(-dom)?(\/|$)/ }, ({ path, pluginData }) => {
            if (pluginData === 'resolved') return undefined;
            const name = version === '19' ? path : path.replace(/^(react-dom|react)/, `$1${version}`);
            return builder.resolve(`./${name}`, {
              resolveDir: MODULES,
              kind: 'require-call',
              pluginData: 'resolved',
            });
          });
        },
      },
    ],
  });
  return outputFiles[0].text;
}

/** @template T @param {() => T} make */
function once(make) {
  /** @type {T | undefined} */
  let made;
  return () => (made ??= make());
}
