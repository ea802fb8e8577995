import { useState } from 'react';
import { db, type WorkflowTemplate } from 'workflow-db/react';
import { goTo, workflowHref } from '../app/route';
import { queuedDb } from '../data/client';
import { useTask } from '../toasts/useTask';
import { Icon } from '../ui/Icon';
import { IconButton } from '../ui/IconButton';
import { PendingButton } from '../ui/PendingButton';
import { DeleteTemplateDialog } from './DeleteTemplateDialog';

interface Props {
  userId: string;
  template: WorkflowTemplate;
  isSaved: boolean;
}

export function TemplateActions({ userId, template: { id, name, created_by }, isSaved }: Props) {
  const [isDeleting, setIsDeleting] = useState(false);
  const adopt = useTask(`No workflow was made from “${name}”.`, async () => {
    const workflow = await db.createWorkflowFromTemplate(userId, id);
    goTo(workflowHref(workflow.id));
  });
  const putAside = useTask(`“${name}” was not put aside.`, () =>
    isSaved ? queuedDb().unsaveTemplate(userId, id) : queuedDb().saveTemplate(userId, id),
  );

  return (
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
        <IconButton icon="trash" label={`Delete ${name}`} onClick={() => setIsDeleting(true)} />
      )}
      {isDeleting && <DeleteTemplateDialog id={id} name={name} onClose={() => setIsDeleting(false)} />}
    </div>
  );
}
