import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';

interface Props {
  name: string;
  isArchived: boolean;
  isArchiving: boolean;
  onRename: () => void;
  onArchive: () => void;
  onDelete: () => void;
}

export function WorkflowRowActions({ name, isArchived, isArchiving, onRename, onArchive, onDelete }: Props) {
  const archiveLabel = isArchived ? 'Restore' : 'Archive';
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label={`Rename ${name}`}
        title="Rename"
        onClick={onRename}
      >
        <Icon name="edit" />
      </button>
      <PendingButton
        className="icon-button"
        isPending={isArchiving}
        aria-label={`${archiveLabel} ${name}`}
        title={archiveLabel}
        onClick={onArchive}
      >
        <Icon name={isArchived ? 'restore' : 'archive'} />
      </PendingButton>
      <button
        type="button"
        className="icon-button"
        aria-label={`Delete ${name}`}
        title="Delete"
        onClick={onDelete}
      >
        <Icon name="trash" />
      </button>
    </>
  );
}
