import type { ApiKey } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { useRevealed } from './useRevealed';

/** A key's secret: hidden, and shown for a moment on demand. */
export function KeySecret({ apiKey: { id, service_name } }: { apiKey: ApiKey }) {
  const { secret, secondsLeft, isPending, reveal, hide } = useRevealed(id);
  const copy = useTask('The key was not copied.', (text: string) => navigator.clipboard.writeText(text), {
    done: 'The key is in the clipboard.',
  });

  if (secret === null) {
    return (
      <div className="key-secret">
        <span aria-label="Hidden">••••••••••••</span>
        <PendingButton
          className="icon-button"
          isPending={isPending}
          aria-label={`Show the key for ${service_name}`}
          title="Show for 20 seconds"
          onClick={reveal}
        >
          <Icon name="eye" />
        </PendingButton>
      </div>
    );
  }
  return (
    <div className="key-secret">
      <code data-testid="secret">{secret}</code>
      <span className="subtle">hides in {secondsLeft} s</span>
      <button
        type="button"
        className="icon-button"
        aria-label={`Copy the key for ${service_name}`}
        title="Copy"
        onClick={() => void copy.run(secret)}
      >
        <Icon name="copy" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={`Hide the key for ${service_name}`}
        title="Hide"
        onClick={hide}
      >
        <Icon name="eyeOff" />
      </button>
    </div>
  );
}
