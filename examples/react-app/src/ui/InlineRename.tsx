import { useEffect, useRef, useState } from 'react';
import type { Action } from './useAction';
import { ErrorNote } from './ErrorNote';
import { PendingButton } from './PendingButton';

interface Props {
  label: string;
  name: string;
  action: Action<[name: string], unknown>;
  /** Called after saving or cancelling. */
  onDone: () => void;
}

/** An editable name: Enter saves, Escape cancels. */
export function InlineRename({ label, name, action, onDone }: Props) {
  const [draft, setDraft] = useState(name);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => input.current?.select(), []);

  const save = async () => {
    const wanted = draft.trim();
    if (wanted === '') return;
    if (wanted === name || (await action.run(wanted)) !== undefined) onDone();
  };
  const giveUp = () => {
    action.dismiss();
    onDone();
  };

  return (
    <form
      className="inline-rename"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <input
        ref={input}
        aria-label={label}
        value={draft}
        maxLength={120}
        required
        readOnly={action.isPending}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          // Escape closes only this field, not the dialog that contains it.
          event.preventDefault();
          giveUp();
        }}
      />
      <PendingButton type="submit" className="button small primary" isPending={action.isPending}>
        Save
      </PendingButton>
      <button type="button" className="button small" onClick={giveUp}>
        Cancel
      </button>
      {action.error !== null && <ErrorNote error={action.error} onRetry={() => void save()} />}
    </form>
  );
}
