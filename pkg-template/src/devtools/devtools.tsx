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
  /** Whose doings are shown; the package's own client's unless given. */
  client?: DatabaseClient | undefined;
  /** Whether the panel is open at first; false unless given. */
  initialIsOpen?: boolean | undefined;
  /** Where the button that opens it is, and the panel with it; `bottom-right` unless given. */
  position?: DevtoolsPosition | undefined;
}

/**
 * Shows what a client does: the cache's entries, requests, subscriptions and counters.
 *
 * It lives in a shadow root of its own at the end of the page, so that neither sees the other's styles, and renders
 * nothing on a server. Rows are shown when they are asked for, secrets never.
 */
export function WorkflowDbDevtools({
  client = defaultClient,
  initialIsOpen = false,
  position = 'bottom-right',
}: WorkflowDbDevtoolsProps) {
  // Only once somebody used it does the keyboard follow what opens and closes.
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
  // Not a <style>, which a strict Content-Security-Policy would refuse.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
  return root;
}
