import { useState } from 'react';
import { ConfirmDialog } from '../ui/ConfirmDialog';

/** Gives up a change, after a question. */
export function DiscardButton({ title, onDiscard }: { title: string; onDiscard: () => void }) {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <button type="button" className="button small danger-text" onClick={() => setIsAsking(true)}>
        Discard
      </button>
      {isAsking && (
        <ConfirmDialog
          title="Discard this change?"
          confirmLabel="Discard change"
          onConfirm={() => {
            setIsAsking(false);
            onDiscard();
          }}
          onClose={() => setIsAsking(false)}
        >
          <p>{title}: the server will never have it. Changes that are impossible without it go, too.</p>
        </ConfirmDialog>
      )}
    </>
  );
}
