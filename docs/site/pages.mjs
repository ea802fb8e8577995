// @ts-check
// The pages of the site: the repository's documents, under shorter names.

/** @typedef {{ source: string, page: string, title: string }} Page `source` is a path from the repository's root */

/** @type {{ text: string, pages: Page[] }[]} */
export const SECTIONS = [
  {
    text: 'Start',
    pages: [
      { source: 'docs/index.md', page: 'index.md', title: 'Overview' },
      { source: 'docs/getting-started.md', page: 'getting-started.md', title: 'Getting started' },
      { source: 'DATABASE_INTEGRATION.md', page: 'guide.md', title: 'Six components' },
      { source: 'MIGRATING.md', page: 'migrating.md', title: 'Migrating' },
    ],
  },
  {
    text: 'Topics',
    pages: [
      { source: 'docs/reading-and-writing.md', page: 'reading-and-writing.md', title: 'Reading and writing' },
      { source: 'docs/merging.md', page: 'merging.md', title: 'Merging' },
      { source: 'docs/hooks.md', page: 'hooks.md', title: 'Hooks' },
      { source: 'docs/cache.md', page: 'cache.md', title: 'Cache' },
      { source: 'docs/offline.md', page: 'offline.md', title: 'Offline' },
      { source: 'docs/realtime.md', page: 'realtime.md', title: 'Realtime' },
      { source: 'docs/sharing.md', page: 'sharing.md', title: 'Sharing' },
      { source: 'docs/presence.md', page: 'presence.md', title: 'Presence' },
      { source: 'docs/errors.md', page: 'errors.md', title: 'Errors and retries' },
      { source: 'docs/security.md', page: 'security.md', title: 'Security' },
      { source: 'docs/relay.md', page: 'relay.md', title: 'Calling services' },
      { source: 'docs/server-rendering.md', page: 'server-rendering.md', title: 'Server rendering' },
      { source: 'docs/devtools.md', page: 'devtools.md', title: 'Devtools' },
      { source: 'docs/runtimes.md', page: 'runtimes.md', title: 'Runtimes and bundlers' },
      { source: 'docs/performance.md', page: 'performance.md', title: 'Performance' },
    ],
  },
  {
    text: 'Reference',
    pages: [
      { source: 'API.md', page: 'api.md', title: 'API' },
      { source: 'docs/guarantees.md', page: 'guarantees.md', title: 'Guarantees' },
      { source: 'docs/fault-matrix.md', page: 'fault-matrix.md', title: 'Fault matrix' },
      { source: 'docs/mutants.md', page: 'mutants.md', title: 'Mutation check' },
      { source: 'docs/load.md', page: 'load.md', title: 'Load' },
      { source: 'SECURITY.md', page: 'threat-model.md', title: 'Threat model' },
      { source: 'CHANGELOG.md', page: 'changelog.md', title: 'Changelog' },
    ],
  },
];

export const PAGES = SECTIONS.flatMap(({ pages }) => pages);
