import { useState } from 'react';
import { db, type WorkflowWithRelations } from 'workflow-db/react';
import { goTo, templatesHref } from '../app/route';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/ErrorNote';
import { PendingButton } from '../ui/PendingButton';
import { useAction } from '../ui/useAction';
import { CATEGORIES } from './categories';

interface Props {
  workflow: WorkflowWithRelations;
  onClose: () => void;
}

export function SaveAsTemplateDialog({ workflow, onClose }: Props) {
  const { nodes, connections } = workflow;
  const [name, setName] = useState(workflow.name);
  const [description, setDescription] = useState(workflow.description ?? '');
  const [category, setCategory] = useState('image');
  const save = useAction(() =>
    db.createTemplate({
      name: name.trim(),
      description: description.trim() || null,
      category,
      workflow_data: { nodes, connections },
    }),
  );
  const submit = async () => {
    if ((await save.run()) !== undefined) goTo(templatesHref());
  };

  return (
    <Dialog title="Save as template" onClose={onClose}>
      <p className="subtle">Everybody who may sign in sees templates. The steps’ settings go along.</p>
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
        <label className="field">
          <span>Category</span>
          <select value={category} onChange={(event) => setCategory(event.target.value)}>
            {CATEGORIES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        {save.error !== null && (
          <ErrorNote
            error={save.error}
            duplicate="There is a template of this name."
            onRetry={() => void submit()}
          />
        )}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <PendingButton type="submit" className="button primary" isPending={save.isPending}>
            Save template
          </PendingButton>
        </div>
      </form>
    </Dialog>
  );
}
