import { PendingButton } from './PendingButton';

interface Props {
  submitLabel: string;
  isPending: boolean;
  onCancel: () => void;
}

/** The buttons of a form in a dialog. */
export function FormActions({ submitLabel, isPending, onCancel }: Props) {
  return (
    <div className="dialog-actions">
      <button type="button" className="button" onClick={onCancel}>
        Cancel
      </button>
      <PendingButton type="submit" className="button primary" isPending={isPending}>
        {submitLabel}
      </PendingButton>
    </div>
  );
}
