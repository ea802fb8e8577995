import { useEffect, useState } from 'react';
import { absoluteTime, dateOf, relativeTime } from './time';

const TICK_MS = 30_000;

/** The elapsed time, kept up to date; the exact time is in the tooltip. */
export function RelativeTime({ timestamp }: { timestamp: string }) {
  const [now, setNow] = useState(Date.now);
  const date = dateOf(timestamp);

  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);

  return (
    <time dateTime={date.toISOString()} title={absoluteTime(date)}>
      {relativeTime(date, Math.max(now, Date.now()))}
    </time>
  );
}
