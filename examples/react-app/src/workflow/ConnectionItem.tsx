import { db, type WorkflowConnection } from 'workflow-db';
import { useAction } from '../data/useAction';
import { ErrorNote } from '../ui/ErrorNote';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';

interface Props {
  connection: WorkflowConnection;
  text: string;
  isOwn: boolean;
}

/** One connection of the picked step. */
export function ConnectionItem({ connection, text, isOwn }: Props) {
  const remove = useAction(() =>
    db.deleteWorkflowConnection(connection.workflow_id, connection.connection_id),
  );
  return (
    <li>
      <span>{text}</span>
      {isOwn && (
        <PendingButton
          className="icon-button"
          isPending={remove.isPending}
          aria-label={`Delete connection ${text}`}
          title="Delete connection"
          onClick={() => void remove.run()}
        >
          <Icon name="close" size={16} />
        </PendingButton>
      )}
      {remove.error !== null && <ErrorNote error={remove.error} onRetry={remove.retry} />}
    </li>
  );
}
