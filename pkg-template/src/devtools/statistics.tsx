import type { Monitor } from './monitor.js';

/** The cache's counters since the page was loaded. */
export function Statistics({ monitor }: { monitor: Monitor }) {
  const stats = monitor.client.cache.getStats();
  const asked = stats.hits + stats.misses;
  const facts: [name: string, value: string | number, meaning: string][] = [
    ['Entries', `${stats.size} of ${stats.maxSize}`, 'the least recently used leave first'],
    ['Hits', stats.hits, 'reads that the cache answered'],
    ['Misses', stats.misses, 'reads that asked the server'],
    ['Hit rate', asked === 0 ? '–' : `${((stats.hits / asked) * 100).toFixed(1)} %`, 'hits of all reads'],
    ['Joined', stats.coalesced, 'reads that joined one in progress'],
    ['In flight', stats.inFlight, 'reads in progress'],
    ['Evicted', stats.evictions, 'left because there were too many'],
    ['Expired', stats.expirations, 'left because of their age'],
  ];
  return (
    <dl>
      {facts.map(([name, value, meaning]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="value">{value}</dd>
          <dd className="note">{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
