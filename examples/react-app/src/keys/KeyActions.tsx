import { useState } from 'react';
import type { ApiKey, UseApiKeysResult } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { IconButton } from '../ui/IconButton';
import { MasterKeyButton } from './MasterKeyButton';

interface Props {
  apiKey: ApiKey;
  keys: UseApiKeysResult;
  onReplace: () => void;
}

export function KeyActions({ apiKey: { id, service_name, is_master_key }, keys, onReplace }: Props) {
  const [isDeleting, setIsDeleting] = useState(false);
  const remove = useTask(`The key for ${service_name} was not deleted.`, () => keys.deleteApiKey(id));

  return (
    <div className="row-actions" role="group" aria-label={`Actions for ${service_name}`}>
      <MasterKeyButton id={id} service={service_name} isMaster={is_master_key} keys={keys} />
      <IconButton icon="edit" label={`Replace the key for ${service_name}`} onClick={onReplace} />
      <IconButton
        icon="trash"
        label={`Delete the key for ${service_name}`}
        onClick={() => setIsDeleting(true)}
      />
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
    </div>
  );
}
