import { useState } from 'react';
import type { Monitor } from './monitor.js';
import { ageOf, counted, textOf } from './texts.js';

/** More entries would make the page slow; the filter finds the others. */
const MOST_ENTRIES = 200;

/** The entries of the cache. A value is read only when it is shown. */
export function Entries({ monitor }: { monitor: Monitor }) {
  const { cache } = monitor.client;
  const [filter, setFilter] = useState('');
  const [opened, setOpened] = useState<string | null>(null);
  const keys = cache.getStats().entries.filter((key) => key.includes(filter));
  const shown = keys.slice(0, MOST_ENTRIES);
  return (
    <>
      <div className="bar">
        <input
          type="search"
          placeholder="Filter by key"
          aria-label="Filter entries by key"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <span className="note">{counted(keys.length, 'entry', 'entries')}</span>
        <button type="button" className="danger" onClick={() => cache.clear()}>
          Clear all
        </button>
      </div>
      {keys.length === 0 && <p className="empty">{filter ? 'No key holds that.' : 'The cache is empty.'}</p>}
      <ul className="entries">
        {shown.map((key) => (
          <Entry
            key={key}
            name={key}
            monitor={monitor}
            isOpen={opened === key}
            onToggle={() => setOpened(opened === key ? null : key)}
          />
        ))}
      </ul>
      {keys.length > shown.length && (
        <p className="empty">{keys.length - shown.length} more: filter by key.</p>
      )}
    </>
  );
}

interface EntryProps {
  name: string;
  monitor: Monitor;
  isOpen: boolean;
  onToggle: () => void;
}

function Entry({ name, monitor, isOpen, onToggle }: EntryProps) {
  const { cache } = monitor.client;
  const { since, observers } = monitor.inspect(name);
  return (
    <li>
      <div className="entry">
        <button type="button" className="key" aria-expanded={isOpen} onClick={onToggle}>
          <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
          {name}
        </button>
        <span className="note">{ageOf(since)}</span>
        <span className={observers > 0 ? 'badge live' : 'badge'}>{counted(observers, 'observer')}</span>
        <button
          type="button"
          aria-label={`Invalidate ${name}`}
          onClick={(event) => {
            // The button disappears with the entry, so the focus moves to the list.
            event.currentTarget.closest<HTMLElement>('[role=tabpanel]')?.focus();
            cache.invalidate(name);
          }}
        >
          Invalidate
        </button>
      </div>
      {isOpen && (
        <pre tabIndex={0} aria-label={`Value of ${name}`}>
          {textOf(cache.peek(name))}
        </pre>
      )}
    </li>
  );
}
