import { useState } from 'react';
import type { ApiKey, UseApiKeysResult } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { RelativeTime } from '../ui/RelativeTime';
import { KeySecret } from './KeySecret';

interface Props {
  apiKey: ApiKey;
  keys: UseApiKeysResult;
  onReplace: () => void;
}

export function KeyRow({ apiKey, keys, onReplace }: Props) {
  const { id, service_name, is_master_key, gateway_type, last_used_at, updated_at } = apiKey;
  const [isDeleting, setIsDeleting] = useState(false);
  const remove = useTask(`The key for ${service_name} was not deleted.`, () => keys.deleteApiKey(id));
  const makeMaster = useTask('The master key was not changed.', async () => {
    const before = keys.getMasterKey();
    await keys.updateApiKey(id, { is_master_key: !is_master_key });
    if (before !== undefined && before.id !== id) {
      await keys.updateApiKey(before.id, { is_master_key: false });
    }
  });

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
      <KeySecret apiKey={apiKey} />
      <div className="row-actions" role="group" aria-label={`Actions for ${service_name}`}>
        <PendingButton
          className={is_master_key ? 'icon-button star on' : 'icon-button star'}
          isPending={makeMaster.isPending}
          aria-pressed={is_master_key}
          aria-label={`Master key: ${service_name}`}
          title="The master key stands for all services"
          onClick={() => void makeMaster.run()}
        >
          <Icon name="key" />
        </PendingButton>
        <button
          type="button"
          className="icon-button"
          aria-label={`Replace the key for ${service_name}`}
          title="Replace"
          onClick={onReplace}
        >
          <Icon name="edit" />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={`Delete the key for ${service_name}`}
          title="Delete"
          onClick={() => setIsDeleting(true)}
        >
          <Icon name="trash" />
        </button>
      </div>
      {isDeleting && (
        <ConfirmDialog
          title={`Delete the key for ${service_name}?`}
          confirmLabel="Delete key"
          onConfirm={() => {
            setIsDeleting(false);
            void remove.run();
          }}
          onClose={() => setIsDeleting(false)}
        >
          <p>Steps that call this service fail without it.</p>
        </ConfirmDialog>
      )}
    </li>
  );
}
