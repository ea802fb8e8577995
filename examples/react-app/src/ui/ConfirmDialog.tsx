import type { ReactNode } from 'react';
import type { Action } from '../data/useAction';
import { Dialog } from './Dialog';
import { ErrorNote } from './ErrorNote';
import { PendingButton } from './PendingButton';

interface Props {
  title: string;
  confirmLabel: string;
  action: Action<[], unknown>;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before something that cannot be undone. Whoever opened it closes it once the action succeeded. */
export function ConfirmDialog({ title, confirmLabel, action, onClose, children }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {action.error !== null && <ErrorNote error={action.error} onRetry={action.retry} />}
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <PendingButton
          className="button danger"
          isPending={action.isPending}
          onClick={() => void action.run()}
        >
          {confirmLabel}
        </PendingButton>
      </div>
    </Dialog>
  );
}
