// @ts-nocheck
// Runs in the page around a block: provides what the documents assume, and renders the block's components.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import * as wdb from 'workflow-db/react';

// Set by the test: see `openPage`.
const { url, key, token, configured, context } = globalThis.env;
Object.assign(globalThis, context, { wdb, session: { accessToken: token } });
// The root element that an app's page would have.
document.body.append(Object.assign(document.createElement('div'), { id: 'root' }));
if (configured) wdb.configure({ url, key, accessToken: () => token, retry: { initialBackoffMs: 5 } });

globalThis.block = await import('BLOCK');

/** Renders one of the block's components. */
globalThis.mount = (name, props) => {
  const Component = globalThis.block[name];
  createRoot(document.body.appendChild(document.createElement('div'))).render(
    <StrictMode>
      <Component {...props} />
    </StrictMode>,
  );
};
document.documentElement.dataset.isReady = 'true';
