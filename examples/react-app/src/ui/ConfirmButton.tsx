import { useState, type ReactNode } from 'react';
import { ConfirmDialog } from './ConfirmDialog';

interface Props {
  label: string;
  className: string;
  title: string;
  confirmLabel: string;
  onConfirm: () => void;
  /** What the action does, for the confirmation. */
  children: ReactNode;
}

/** A button that asks for confirmation first. */
export function ConfirmButton({ label, className, title, confirmLabel, onConfirm, children }: Props) {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <button type="button" className={className} onClick={() => setIsAsking(true)}>
        {label}
      </button>
      {isAsking && (
        <ConfirmDialog
          title={title}
          confirmLabel={confirmLabel}
          onConfirm={() => {
            setIsAsking(false);
            onConfirm();
          }}
          onClose={() => setIsAsking(false)}
        >
          {children}
        </ConfirmDialog>
      )}
    </>
  );
}
