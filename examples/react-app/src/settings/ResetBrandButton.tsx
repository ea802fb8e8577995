import { useState } from 'react';
import { ConfirmDialog } from '../ui/ConfirmDialog';

export function ResetBrandButton({ onReset }: { onReset: () => void }) {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <button type="button" className="button ghost push" onClick={() => setIsAsking(true)}>
        Reset…
      </button>
      {isAsking && (
        <ConfirmDialog
          title="Reset the brand?"
          confirmLabel="Reset brand"
          onConfirm={() => {
            setIsAsking(false);
            onReset();
          }}
          onClose={() => setIsAsking(false)}
        >
          <p>Colours, font and texts go back to what a new brand begins with.</p>
        </ConfirmDialog>
      )}
    </>
  );
}
