import { useEffect, useMemo, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import type { DatabaseClient } from '../client.js';
import { defaultClient } from '../default-client.js';
import { Monitor } from './monitor.js';
import { Panel } from './panel.js';
import { STYLES } from './styles.js';

/** A corner of the page. */
export type DevtoolsPosition = 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right';

export interface WorkflowDbDevtoolsProps {
  /** The client to show; the package's own by default. */
  client?: DatabaseClient | undefined;
  /** Whether the panel is open initially; `false` by default. */
  initialIsOpen?: boolean | undefined;
  /** The corner of the button and the panel; `bottom-right` by default. */
  position?: DevtoolsPosition | undefined;
}

/**
 * Shows what a client does: cache entries, requests, subscriptions and counters.
 *
 * Renders into a shadow root at the end of the page, so that its styles and the page's do not affect each other, and
 * renders nothing on a server. Rows are shown on demand, secrets never.
 *
 * @example
 * ```tsx
 * import { WorkflowDbDevtools } from 'workflow-db/devtools';
 *
 * export const Root = () => (
 *   <>
 *     <App />
 *     <WorkflowDbDevtools />
 *   </>
 * );
 * ```
 */
export function WorkflowDbDevtools({
  client = defaultClient,
  initialIsOpen = false,
  position = 'bottom-right',
}: WorkflowDbDevtoolsProps) {
  // The keyboard focus follows only after the user has opened or closed the panel.
  const [{ isOpen, wasUsed }, setState] = useState({ isOpen: initialIsOpen, wasUsed: false });
  const [root, setRoot] = useState<ShadowRoot | null>(null);
  const monitor = useMemo(() => new Monitor(client), [client]);
  const opener = useRef<HTMLButtonElement>(null);

  useEffect(() => monitor.start(), [monitor]);
  useEffect(() => {
    const host = document.createElement('workflow-db-devtools');
    setRoot(shadowOf(host));
    document.body.append(host);
    return () => host.remove();
  }, []);
  useEffect(() => {
    if (!isOpen && wasUsed) opener.current?.focus();
  }, [isOpen, wasUsed]);

  if (root === null) return null;
  const show = (next: boolean) => setState({ isOpen: next, wasUsed: true });
  const edge = position.startsWith('top') ? 'top' : 'bottom';
  return createPortal(
    isOpen ? (
      <Panel monitor={monitor} edge={edge} takesFocus={wasUsed} onClose={() => show(false)} />
    ) : (
      <button
        ref={opener}
        type="button"
        className={`opener ${position.replace('-', ' ')}`}
        aria-label="Open workflow-db devtools"
        onClick={() => show(true)}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <ellipse cx="8" cy="3.5" rx="5.5" ry="2" />
          <path d="M2.5 3.5v9c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2v-9M2.5 8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2" />
        </svg>
      </button>
    ),
    root,
  );
}

function shadowOf(host: HTMLElement): ShadowRoot {
  const root = host.attachShadow({ mode: 'open' });
  // A constructed stylesheet, because a strict Content-Security-Policy would block a <style> element.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
  return root;
}
