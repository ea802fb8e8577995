import { DatabaseError } from 'workflow-db/react';
import { ErrorNote } from '../ui/ErrorNote';
import { Icon } from '../ui/Icon';
import { useSync } from './SyncContext';

interface Props {
  error: unknown;
  onRetry: () => void;
}

/** Why a list or a row cannot be shown. Without a network, it is no failure: hooks read again as soon as there is one. */
export function ReadError({ error, onRetry }: Props) {
  const { isOnline } = useSync().status;
  const isUnreachable = error instanceof DatabaseError && UNREACHABLE.includes(error.code);
  if (isOnline || !isUnreachable) return <ErrorNote error={error} onRetry={onRetry} />;
  return (
    <div className="error-note offline" role="status">
      <Icon name="cloud" />
      <div className="error-text">
        <strong>Not on this device yet.</strong>
        <span>It appears as soon as you are online.</span>
      </div>
    </div>
  );
}

const UNREACHABLE = ['NETWORK', 'TIMEOUT', 'RETRY_EXHAUSTED'];
