import { isUnreachable } from '../data/problems';
import { ErrorNote } from '../ui/ErrorNote';
import { Icon } from '../ui/Icon';
import { useSync } from './SyncContext';

interface Props {
  error: unknown;
  onRetry: () => void;
}

/** Why a list or a row cannot be shown. Being offline is not a failure: hooks read again when the network is back. */
export function ReadError({ error, onRetry }: Props) {
  const { isOnline } = useSync().status;
  if (isOnline || !isUnreachable(error)) return <ErrorNote error={error} onRetry={onRetry} />;
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
