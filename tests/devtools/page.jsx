// An app with devtools; `mount` renders them with the props that a test passes.
import { StrictMode, version } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import * as wdb from 'workflow-db';
import { WorkflowDbDevtools } from 'workflow-db/devtools';
import { offline } from 'workflow-db/offline';

const root = createRoot(document.getElementById('root'));

Object.assign(globalThis, {
  wdb,
  offline,
  reactVersion: version,
  /** What the app's own listeners received. */
  heard: { keys: [], events: [] },
  /** Returns after the effects ran: from then on, the devtools record. */
  mount: (props) =>
    flushSync(() =>
      root.render(
        <StrictMode>
          <h1>Some app</h1>
          <input id="field" aria-label="Field of the app" />
          <WorkflowDbDevtools {...props} />
        </StrictMode>,
      ),
    ),
  unmount: () => root.render(null),
});
addEventListener('keydown', ({ key }) => globalThis.heard.keys.push(key));
document.documentElement.dataset.isReady = 'true';
