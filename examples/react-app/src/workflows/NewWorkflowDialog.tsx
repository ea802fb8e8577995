import { useState } from 'react';
import type { UseWorkflowsResult } from 'workflow-db/react';
import { goTo, workflowHref } from '../app/route';
import { useSync } from '../sync/SyncContext';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/ErrorNote';
import { FormActions } from '../ui/FormActions';
import { NameFields } from '../ui/NameFields';
import { useAction } from '../ui/useAction';

interface Props {
  onCreate: UseWorkflowsResult['createWorkflow'];
  onClose: () => void;
}

export function NewWorkflowDialog({ onCreate, onClose }: Props) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [isPublic, setIsPublic] = useState(false);
  const sync = useSync();
  const create = useAction(() => {
    const values = { name: name.trim(), description: description.trim() || null, is_public: isPublic };
    return sync.submit(() => onCreate(values), undefined, values);
  });

  const submit = async () => {
    const workflow = await create.run();
    if (workflow !== undefined) goTo(workflowHref(workflow.id));
  };

  return (
    <Dialog title="New workflow" onClose={onClose}>
      <form
        className="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <NameFields name={name} description={description} onName={setName} onDescription={setDescription} />
        <label className="check">
          <input type="checkbox" checked={isPublic} onChange={(event) => setIsPublic(event.target.checked)} />
          Public: everybody who is signed in may see it
        </label>
        {create.error !== null && <ErrorNote error={create.error} onRetry={() => void submit()} />}
        <FormActions submitLabel="Create workflow" isPending={create.isPending} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
