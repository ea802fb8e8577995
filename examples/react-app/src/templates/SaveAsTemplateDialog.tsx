import { useState } from 'react';
import { db, type WorkflowWithRelations } from 'workflow-db/react';
import { goTo, templatesHref } from '../app/route';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/ErrorNote';
import { FormActions } from '../ui/FormActions';
import { NameFields } from '../ui/NameFields';
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
        <NameFields name={name} description={description} onName={setName} onDescription={setDescription} />
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
        <FormActions submitLabel="Save template" isPending={save.isPending} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
