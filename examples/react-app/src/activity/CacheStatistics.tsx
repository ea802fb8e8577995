import type { ActivitySummary } from '../data/activity';

export function CacheStatistics({ summary }: { summary: ActivitySummary }) {
  const { stats, requests } = summary;
  const figures: [name: string, value: number, explanation: string][] = [
    ['Hits', stats.hits, 'Reads answered from the cache'],
    ['Misses', stats.misses, 'Reads that had to ask'],
    ['Coalesced', stats.coalesced, 'Reads that joined another one under way'],
    ['Entries', stats.size, `Of at most ${stats.maxSize}`],
    ['In flight', stats.inFlight, 'Reads under way'],
    ['Requests', requests, 'Since the page was loaded'],
  ];
  return (
    <div className="cache-statistics">
      <h2>Cache</h2>
      <dl>
        {figures.map(([name, value, explanation]) => (
          <div key={name} title={explanation}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>Keys of the entries</summary>
        <ul className="cache-keys">
          {stats.entries.map((key) => (
            <li key={key}>{key}</li>
          ))}
        </ul>
      </details>
    </div>
  );
}
