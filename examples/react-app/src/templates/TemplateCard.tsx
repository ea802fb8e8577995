import { useState } from 'react';
import { db, type WorkflowTemplate } from 'workflow-db/react';
import { goTo, workflowHref } from '../app/route';
import { useTask } from '../toasts/useTask';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { TemplatePreview } from './TemplatePreview';

interface Props {
  userId: string;
  template: WorkflowTemplate;
  isSaved: boolean;
}

export function TemplateCard({ userId, template, isSaved }: Props) {
  const { id, name, description, category, usage_count, rating, is_featured, created_by } = template;
  const [isDeleting, setIsDeleting] = useState(false);
  const adopt = useTask(`No workflow was made from “${name}”.`, async () => {
    const workflow = await db.createWorkflowFromTemplate(userId, id);
    goTo(workflowHref(workflow.id));
  });
  const putAside = useTask(`“${name}” was not put aside.`, () =>
    isSaved ? db.unsaveTemplate(userId, id) : db.saveTemplate(userId, id),
  );
  const remove = useTask(`“${name}” was not deleted.`, () => db.deleteTemplate(id));

  return (
    <li className="card template">
      <TemplatePreview data={template.workflow_data} />
      <div className="template-text">
        <h2>{name}</h2>
        <p className="template-facts">
          <span className="badge">{category}</span>
          {is_featured && <span className="badge public">Featured</span>}
          <span className="subtle">
            used {usage_count} {usage_count === 1 ? 'time' : 'times'}
            {rating > 0 && ` · ${rating.toFixed(1)} of 5`}
          </span>
        </p>
        {description !== null && <p className="subtle">{description}</p>}
      </div>
      <div className="template-actions" role="group" aria-label={`Actions for ${name}`}>
        <PendingButton
          className="button small primary"
          isPending={adopt.isPending}
          onClick={() => void adopt.run()}
        >
          Use template <span className="hidden-text">{name}</span>
        </PendingButton>
        <PendingButton
          className={isSaved ? 'icon-button star on' : 'icon-button star'}
          isPending={putAside.isPending}
          aria-pressed={isSaved}
          aria-label={`Put ${name} aside`}
          title={isSaved ? 'Take it back' : 'Put it aside'}
          onClick={() => void putAside.run()}
        >
          <Icon name="bookmark" />
        </PendingButton>
        {created_by === userId && (
          <button
            type="button"
            className="icon-button"
            aria-label={`Delete ${name}`}
            title="Delete"
            onClick={() => setIsDeleting(true)}
          >
            <Icon name="trash" />
          </button>
        )}
      </div>
      {isDeleting && (
        <ConfirmDialog
          title={`Delete the template “${name}”?`}
          confirmLabel="Delete template"
          isPending={remove.isPending}
          onConfirm={() => void remove.run().then((isDone) => isDone || setIsDeleting(false))}
          onClose={() => setIsDeleting(false)}
        >
          <p>Workflows that were made from it stay.</p>
        </ConfirmDialog>
      )}
    </li>
  );
}
