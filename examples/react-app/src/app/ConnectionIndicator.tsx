import type { SubscriptionStatus } from 'workflow-db/react';
import { useFollow } from '../data/useFollow';
import { useIsOnline } from './useIsOnline';

const LABELS: Record<SubscriptionStatus, string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  closed: 'Not live',
  error: 'Not live',
};

const EXPLANATIONS: Record<SubscriptionStatus, string> = {
  connecting: 'Changes made elsewhere will show up here in a moment.',
  live: 'Changes made elsewhere show up here as they happen.',
  reconnecting: 'The connection is down. What is missed shows up once it is back.',
  closed: 'Changes made elsewhere show up when the page is loaded again.',
  error: 'The server refuses live changes. They show up when the page is loaded again.',
};

/** Shows whether live changes are received, by following the profile, which the header shows anyway. */
export function ConnectionIndicator({ userId }: { userId: string }) {
  const status = useFollow('user_profiles', userId);
  const isOnline = useIsOnline();
  const label = isOnline ? LABELS[status] : 'Offline';
  return (
    <span
      className={`connection ${isOnline ? status : 'reconnecting'}`}
      role="status"
      title={isOnline ? EXPLANATIONS[status] : 'Your device has no network.'}
    >
      {label}
    </span>
  );
}
