// @ts-nocheck
// Runs in the page around a block: gives it what the documents take as given, and shows its components.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import * as wdb from 'workflow-db/react';

// The test's own: see `openPage`.
const { url, key, token, configured, context } = globalThis.env;
Object.assign(globalThis, context, { wdb, session: { accessToken: token } });
// Where an app's own page would have it.
document.body.append(Object.assign(document.createElement('div'), { id: 'root' }));
if (configured) wdb.configure({ url, key, accessToken: () => token, retry: { initialBackoffMs: 5 } });

globalThis.block = await import('BLOCK');

/** Shows one of the block's components. */
globalThis.mount = (name, props) => {
  const Component = globalThis.block[name];
  createRoot(document.body.appendChild(document.createElement('div'))).render(
    <StrictMode>
      <Component {...props} />
    </StrictMode>,
  );
};
document.documentElement.dataset.isReady = 'true';
