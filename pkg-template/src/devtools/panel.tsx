import { useEffect, useRef, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import { Entries } from './entries.js';
import type { Monitor } from './monitor.js';
import { Requests } from './requests.js';
import { Statistics } from './statistics.js';
import { Subscriptions } from './subscriptions.js';

const TABS = [
  { name: 'Entries', Content: Entries },
  { name: 'Requests', Content: Requests },
  { name: 'Subscriptions', Content: Subscriptions },
  { name: 'Statistics', Content: Statistics },
] as const;

/** How far each key goes from the selected tab; the ends are joined. */
const STEPS: Record<string, (index: number) => number> = {
  ArrowRight: (index) => (index + 1) % TABS.length,
  ArrowLeft: (index) => (index + TABS.length - 1) % TABS.length,
  Home: () => 0,
  End: () => TABS.length - 1,
};

interface PanelProps {
  monitor: Monitor;
  edge: 'top' | 'bottom';
  /** Whether the keyboard moves into it: not when it was open from the beginning. */
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
    // Nothing that is typed here is the application's: not to its shortcuts, nor to what React knows around.
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
        // A stop of its own: some tabs hold nothing else that takes the keyboard, and it scrolls.
        tabIndex={0}
        className="content"
      >
        <Content monitor={monitor} />
      </div>
    </section>
  );
}
