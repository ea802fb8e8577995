import { useState } from 'react';
import type { UseWorkflowsResult } from 'workflow-db/react';
import { goTo, workflowHref } from '../app/route';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/ErrorNote';
import { PendingButton } from '../ui/PendingButton';
import { useAction } from '../ui/useAction';

interface Props {
  onCreate: UseWorkflowsResult['createWorkflow'];
  onClose: () => void;
}

export function NewWorkflowDialog({ onCreate, onClose }: Props) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [isPublic, setIsPublic] = useState(false);
  const create = useAction(() =>
    onCreate({
      name: name.trim(),
      description: description.trim() || null,
      is_public: isPublic,
    }),
  );

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
        <label className="field">
          <span>Name</span>
          <input
            value={name}
            required
            pattern=".*\S.*"
            title="A name"
            maxLength={120}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="field">
          <span>
            Description <small>(optional)</small>
          </span>
          <textarea rows={3} value={description} onChange={(event) => setDescription(event.target.value)} />
        </label>
        <label className="check">
          <input type="checkbox" checked={isPublic} onChange={(event) => setIsPublic(event.target.checked)} />
          Public: everybody who is signed in may see it
        </label>
        {create.error !== null && <ErrorNote error={create.error} onRetry={() => void submit()} />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <PendingButton type="submit" className="button primary" isPending={create.isPending}>
            Create workflow
          </PendingButton>
        </div>
      </form>
    </Dialog>
  );
}
