import type { ApiKey, UseApiKeysResult } from 'workflow-db/react';
import { RelativeTime } from '../ui/RelativeTime';
import { KeyActions } from './KeyActions';
import { KeySecret } from './KeySecret';

interface Props {
  apiKey: ApiKey;
  keys: UseApiKeysResult;
  onReplace: () => void;
}

export function KeyRow({ apiKey, keys, onReplace }: Props) {
  const { service_name, is_master_key, gateway_type, last_used_at, updated_at } = apiKey;
  return (
    <li className="card key-row">
      <div className="key-text">
        <h2>
          {service_name}
          {is_master_key && <span className="badge public">Master key</span>}
          {gateway_type !== null && <span className="badge">Gateway: {gateway_type}</span>}
        </h2>
        <p className="subtle">
          Changed <RelativeTime timestamp={updated_at} />
          {last_used_at !== null && (
            <>
              , used <RelativeTime timestamp={last_used_at} />
            </>
          )}
        </p>
      </div>
      <KeySecret />
      <KeyActions apiKey={apiKey} keys={keys} onReplace={onReplace} />
    </li>
  );
}
