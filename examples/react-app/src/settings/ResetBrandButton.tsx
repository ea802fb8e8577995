import { ConfirmButton } from '../ui/ConfirmButton';

export function ResetBrandButton({ onReset }: { onReset: () => void }) {
  return (
    <ConfirmButton
      label="Reset…"
      className="button ghost push"
      title="Reset the brand?"
      confirmLabel="Reset brand"
      onConfirm={onReset}
    >
      <p>Colors, font and texts go back to what a new brand begins with.</p>
    </ConfirmButton>
  );
}
