// @ts-check
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { useWorld } from '../../e2e/support/world.mjs';
import { examplesPage } from './examples.mjs';

const PAGE = fileURLToPath(new URL('./page.jsx', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../node_modules/', import.meta.url));

/** The versions of React with which everything is tested. */
export const VERSIONS = /** @type {const} */ (['18', '19']);

/** @typedef {import('../../e2e/support/fixtures.mjs').User} User */

/** The requests of hooks, without the reads with which subscriptions determine their scope. */
export const ASKED = { method: 'GET', path: /^\/rest\/v1\/(?!.*[?&]or=\()/ };

/** A permanent error: the database refuses access. */
export const REFUSED = {
  action: /** @type {const} */ ('status'),
  status: 400,
  body: { code: '23514', message: 'no', details: null, hint: null },
};

/**
 * A world with pages that render hooks.
 *
 * @param {import('../../../examples/local-stack/stack.mjs').StackOptions} [stackOptions]
 */
export async function useHooks(stackOptions) {
  const world = await useWorld(stackOptions, (packageRoot) =>
    Object.fromEntries(
      VERSIONS.flatMap((version) => {
        const script = (/** @type {string} */ entry) =>
          bundled(entry, version, packageRoot, { format: 'esm' });
        return [
          [`/react${version}`, once(() => script(PAGE))],
          [`/examples${version}`, once(() => examplesPage(script))],
        ];
      }),
    ),
  );
  /**
   * A page with a user and a version of React.
   *
   * @param {string} version
   * @param {User | null} as
   * @param {import('../../e2e/support/world.mjs').TabOptions} [options]
   */
  const openHooks = (version, as, options = {}) => world.open({ as, path: `/react${version}`, ...options });
  return {
    ...world,
    openHooks,
    /** The same, with hooks live by default. @type {typeof openHooks} */
    openLive: async (...args) => {
      const tab = await openHooks(...args);
      await tab.run(() => void Object.assign(globalThis, { isLive: true }));
      return tab;
    },
  };
}

/**
 * Bundles a module with this version of React and the packed package into one script.
 *
 * @param {string} entry
 * @param {string} version
 * @param {string} packageRoot
 * @param {import('esbuild').BuildOptions} options
 */
export async function bundled(entry, version, packageRoot, options) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: { '@/lib/db': join(packageRoot, 'react/index.js') },
    plugins: [withVersion(version, packageRoot)],
    ...options,
    write: false,
  });
  return result.outputFiles?.[0]?.text ?? '';
}

/**
 * Resolves `react` and `react-dom` to this version, and `/pkg/…` to the packed package.
 *
 * @param {string} version
 * @param {string} packageRoot
 * @returns {import('esbuild').Plugin}
 */
function withVersion(version, packageRoot) {
  return {
    name: 'version',
    setup(builder) {
      builder.onResolve({ filter: /^\/pkg\// }, ({ path }) => ({
        path: join(packageRoot, path.slice('/pkg/'.length)),
      }));
      builder.onResolve({ filter: /^react(-dom)?(\/|$)/ }, ({ path, kind, pluginData }) => {
        if (pluginData === 'resolved') return undefined;
        const name = version === '19' ? path : path.replace(/^(react-dom|react)/, `$1${version}`);
        return builder.resolve(`./${name}`, { resolveDir: MODULES, kind, pluginData: 'resolved' });
      });
    },
  };
}

/** @template T @param {() => T} make */
function once(make) {
  /** @type {T | undefined} */
  let made;
  return () => (made ??= make());
}
