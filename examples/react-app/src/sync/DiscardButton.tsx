import { ConfirmButton } from '../ui/ConfirmButton';

/** Discards a change after confirmation. */
export function DiscardButton({ title, onDiscard }: { title: string; onDiscard: () => void }) {
  return (
    <ConfirmButton
      label="Discard"
      className="button small danger-text"
      title="Discard this change?"
      confirmLabel="Discard change"
      onConfirm={onDiscard}
    >
      <p>{title}: the server will never have it. Changes that are impossible without it go, too.</p>
    </ConfirmButton>
  );
}
