import { useState } from 'react';
import { useApiKeys } from 'workflow-db/react';
import { EmptyState } from '../ui/EmptyState';
import { ReadError } from '../sync/ReadError';
import { Icon } from '../ui/Icon';
import { SkeletonRows } from '../ui/Skeleton';
import { useTitle } from '../ui/useTitle';
import { ImportBanner } from './ImportBanner';
import { KeyRow } from './KeyRow';
import { StoreKeyDialog } from './StoreKeyDialog';

export function KeysPage({ userId }: { userId: string }) {
  useTitle('API keys');
  const keys = useApiKeys(userId);
  const { loading, error } = keys;
  /** The service whose key is being stored; empty for a new one. */
  const [storing, setStoring] = useState<string | null>(null);
  const isFirstRead = loading && keys.keys.length === 0;
  const isKnown = !loading && error === null;

  return (
    <div className="page narrow">
      <div className="page-head">
        <div>
          <h1>API keys</h1>
          <p className="subtle">
            What your steps use to call other services. Encrypted; no browser can read them.
          </p>
        </div>
        <button type="button" className="button primary" onClick={() => setStoring('')}>
          <Icon name="plus" />
          Add key
        </button>
      </div>
      {isKnown && <ImportBanner userId={userId} stored={keys.keys} />}
      {error !== null && keys.keys.length === 0 && (
        <ReadError error={error} onRetry={() => void keys.refreshApiKeys()} />
      )}
      {isFirstRead && <SkeletonRows count={3} height={84} label="Loading keys" />}
      {keys.keys.length > 0 && (
        <ul className="key-list" aria-label="API keys">
          {keys.keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} keys={keys} onReplace={() => setStoring(key.service_name)} />
          ))}
        </ul>
      )}
      {isKnown && keys.keys.length === 0 && (
        <EmptyState icon="key" title="No keys yet" level={2}>
          <p>Add the key of a service that your steps call, such as replicate.</p>
        </EmptyState>
      )}
      {storing !== null && (
        <StoreKeyDialog userId={userId} service={storing} onClose={() => setStoring(null)} />
      )}
    </div>
  );
}
