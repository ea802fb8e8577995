// @ts-nocheck
// Runs in the page with one version of React: renders hooks, and records their results.
import '../../e2e/support/page.js';
import { Activity, Component, Fragment, StrictMode, Suspense, memo, use, useEffect } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import * as offlineEntry from '/pkg/offline/index.js';
import * as wdb from '/pkg/react/index.js';
import * as appOthers from '../../types/consumer/app/live-others.ts';
import * as appWorkflows from '../../types/consumer/app/live-workflows.ts';

/** The rendered hooks by name: `{ hook, args, client, defaults, rows, mode }`. */
const shown = new Map();
/** By name, every result that was committed, in order. */
const committed = new Map();
/** The number of renders of each row, by id. */
const rowRenders = new Map();
const root = createRoot(document.body.appendChild(document.createElement('main')));

const Row = memo(function Row({ row }) {
  useEffect(() => void rowRenders.set(row.id, (rowRenders.get(row.id) ?? 0) + 1));
  return row.name;
});

/** The package's hooks, and as `app.…` the app's own hooks. */
const hooks = { ...wdb };
for (const [name, hook] of Object.entries({ ...appOthers, ...appWorkflows })) hooks[`app.${name}`] = hook;

// React 18 has no `use`.
for (const name of ['getWorkflow', 'getExecutionHistory']) {
  hooks[`use ${name}`] = (...args) => ({ answer: use(wdb.db[name](...args)) });
}

function Probe({ name, hook, args, rows, obstacle }) {
  const result = hooks[hook](...args);
  if (obstacle && !obstacle.isGone) throw obstacle.promise;
  useEffect(() => void committed.get(name).push(result));
  return rows ? result[rows].map((row) => <Row key={row.id} row={row} />) : null;
}

/** Renders everything that a hook returns but its functions, so that hydration compares all of it. */
function Whole({ results, hook, args }) {
  const result = hooks[hook](...args);
  useEffect(() => void results.push(result));
  return <pre>{JSON.stringify(plain(result))}</pre>;
}

class Boundary extends Component {
  state = {};
  static getDerivedStateFromError = (error) => ({ error });
  render() {
    return this.state.error ? String(this.state.error) : this.props.children;
  }
}

/** Hidden if `mode` is `hidden`, with a version of React that supports it (not 18). */
function Hideable({ mode, children }) {
  return Activity ? <Activity mode={mode}>{children}</Activity> : <Fragment>{children}</Fragment>;
}

function App() {
  const probes = [...shown].map(([name, { client, defaults, mode, ...probe }]) => (
    <wdb.WorkflowDbProvider key={name} client={client} realtime={globalThis.isLive} {...defaults}>
      <Hideable mode={mode}>
        <Suspense>
          <Probe key={probe.hook} name={name} {...probe} />
        </Suspense>
      </Hideable>
    </wdb.WorkflowDbProvider>
  ));
  return <Boundary>{probes}</Boundary>;
}

const render = () =>
  root.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );

/** Renders a hook under a name, or renders it again with other arguments. */
globalThis.show = (name, hook, args, more = {}) => {
  if (!committed.has(name)) committed.set(name, []);
  shown.set(name, { hook, args, ...more });
  render();
};
globalThis.hide = (name) => {
  shown.delete(name);
  render();
};

/** Renders a hook in a page that a server rendered. Returns the hydration errors, which grow. */
globalThis.hydrate = (name, hook, args) => {
  // Its own array: an earlier page with the same hook may still render.
  const results = [];
  committed.set(name, results);
  const container = document.body.appendChild(document.createElement('section'));
  const page = (
    <StrictMode>
      <Whole results={results} hook={hook} args={args} />
    </StrictMode>
  );
  container.innerHTML = renderToString(page);
  const mended = [];
  hydrateRoot(container, page, { onRecoverableError: (error) => mended.push(String(error)) });
  return mended;
};

/** The hook's latest result, and all of its results. */
globalThis.latest = (name) => committed.get(name)?.at(-1);
globalThis.given = (name) => committed.get(name);
globalThis.rowRenders = rowRenders;

/** A result in a form that can be sent out of the page: without functions. */
globalThis.plain = (result) => {
  if (Array.isArray(result)) return result;
  const entries = Object.entries(result).filter(([, value]) => typeof value !== 'function');
  const described = entries.map(([key, value]) => {
    if (!(value instanceof Error)) return [key, value];
    return [key, { code: value.code, isOurs: value instanceof wdb.DatabaseError }];
  });
  return Object.fromEntries(described);
};
globalThis.view = (name) => plain(latest(name));
/** The result when no work is pending any more. */
globalThis.settledView = async (name) => {
  await until(
    () => latest(name) && !latest(name).loading && !latest(name).isFetching && !latest(name).isSaving,
  );
  // Let the effects of the last result run.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return view(name);
};
globalThis.react = wdb;
globalThis.offlineEntry = offlineEntry;
