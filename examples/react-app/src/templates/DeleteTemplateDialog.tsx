import { db } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { ConfirmDialog } from '../ui/ConfirmDialog';

interface Props {
  id: string;
  name: string;
  onClose: () => void;
}

/** Closes by itself: deleting the template removes its card. */
export function DeleteTemplateDialog({ id, name, onClose }: Props) {
  const remove = useTask(`“${name}” was not deleted.`, () => db.deleteTemplate(id));
  return (
    <ConfirmDialog
      title={`Delete the template “${name}”?`}
      confirmLabel="Delete template"
      isPending={remove.isPending}
      onConfirm={() => void remove.run().then((isDone) => isDone || onClose())}
      onClose={onClose}
    >
      <p>Workflows that were made from it stay.</p>
    </ConfirmDialog>
  );
}
