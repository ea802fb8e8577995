import type { ReactNode } from 'react';
import { Dialog } from './Dialog';
import { PendingButton } from './PendingButton';

interface Props {
  title: string;
  confirmLabel: string;
  isPending?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks for confirmation of an irreversible action. */
export function ConfirmDialog({
  title,
  confirmLabel,
  isPending = false,
  onConfirm,
  onClose,
  children,
}: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <PendingButton className="button danger" isPending={isPending} onClick={onConfirm}>
          {confirmLabel}
        </PendingButton>
      </div>
    </Dialog>
  );
}
