import type { UseApiKeysResult } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';

interface Props {
  id: string;
  service: string;
  isMaster: boolean;
  keys: UseApiKeysResult;
}

/** Makes a key the master key, which is used for all services. There is at most one. */
export function MasterKeyButton({ id, service, isMaster, keys }: Props) {
  const mark = useTask('The master key was not changed.', async () => {
    const before = keys.getMasterKey();
    await keys.updateApiKey(id, { is_master_key: !isMaster });
    if (before !== undefined && before.id !== id) {
      await keys.updateApiKey(before.id, { is_master_key: false });
    }
  });
  return (
    <PendingButton
      className={isMaster ? 'icon-button star on' : 'icon-button star'}
      isPending={mark.isPending}
      aria-pressed={isMaster}
      aria-label={`Master key: ${service}`}
      title="The master key stands for all services"
      onClick={() => void mark.run()}
    >
      <Icon name="key" />
    </PendingButton>
  );
}
