import { useEffect, useRef, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import { Entries } from './entries.js';
import type { Monitor } from './monitor.js';
import { Outbox } from './outbox.js';
import { Requests } from './requests.js';
import { Statistics } from './statistics.js';
import { Subscriptions } from './subscriptions.js';

const TABS = [
  { name: 'Entries', Content: Entries },
  { name: 'Requests', Content: Requests },
  { name: 'Subscriptions', Content: Subscriptions },
  { name: 'Outbox', Content: Outbox },
  { name: 'Statistics', Content: Statistics },
] as const;

/** How far each key moves from the selected tab, with wrap-around. */
const STEPS: Record<string, (index: number) => number> = {
  ArrowRight: (index) => (index + 1) % TABS.length,
  ArrowLeft: (index) => (index + TABS.length - 1) % TABS.length,
  Home: () => 0,
  End: () => TABS.length - 1,
};

interface PanelProps {
  monitor: Monitor;
  edge: 'top' | 'bottom';
  /** Whether the panel takes the focus: not if it was open initially. */
  takesFocus: boolean;
  onClose: () => void;
}

export function Panel({ monitor, edge, takesFocus, onClose }: PanelProps) {
  useSyncExternalStore(monitor.subscribe, monitor.getVersion, monitor.getVersion);
  const [selected, setSelected] = useState(0);
  const tabs = useRef<(HTMLButtonElement | null)[]>([]);
  useEffect(() => {
    if (takesFocus) tabs.current[0]?.focus();
  }, [takesFocus]);

  const onKeyDown = (event: KeyboardEvent) => {
    // Keep keyboard events from the application's shortcuts and from surrounding React components.
    event.stopPropagation();
    if (event.key === 'Escape') onClose();
  };
  const onTabKey = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = step(selected);
    setSelected(next);
    tabs.current[next]?.focus();
  };
  const Content = TABS[selected]?.Content ?? Entries;
  return (
    <section className={`panel ${edge}`} aria-label="workflow-db devtools" onKeyDown={onKeyDown}>
      <header>
        <strong>workflow-db</strong>
        <div role="tablist" aria-label="What is shown" onKeyDown={onTabKey}>
          {TABS.map(({ name }, index) => (
            <button
              key={name}
              ref={(element) => {
                tabs.current[index] = element;
              }}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={index === selected}
              aria-controls="content"
              tabIndex={index === selected ? 0 : -1}
              onClick={() => setSelected(index)}
            >
              {name}
            </button>
          ))}
        </div>
        <button type="button" className="close" aria-label="Close devtools" onClick={onClose}>
          ✕
        </button>
      </header>
      <div
        role="tabpanel"
        id="content"
        aria-labelledby={`tab-${TABS[selected]?.name ?? ''}`}
        // Focusable, because the panel scrolls and some tabs contain nothing else to focus.
        tabIndex={0}
        className="content"
      >
        <Content monitor={monitor} />
      </div>
    </section>
  );
}
