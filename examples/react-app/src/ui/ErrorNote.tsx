import { problemOf } from '../data/problems';
import { Icon } from './Icon';

interface Props {
  error: unknown;
  /** The message if the row already exists. */
  duplicate?: string;
  /** Offered if a retry may succeed. */
  onRetry?: () => void;
  onDismiss?: () => void;
}

/** An error message next to its cause. */
export function ErrorNote({ error, duplicate, onRetry, onDismiss }: Props) {
  const { title, detail, code, isRetryable } = problemOf(error, duplicate);
  return (
    <div className="error-note" role="alert">
      <Icon name="warning" />
      <div className="error-text">
        <strong>{title}</strong>
        {detail !== undefined && <span>{detail}</span>}
        {code !== undefined && <code>{code}</code>}
      </div>
      {isRetryable && onRetry !== undefined && (
        <button type="button" className="button small" onClick={onRetry}>
          Try again
        </button>
      )}
      {onDismiss !== undefined && (
        <button type="button" className="icon-button" aria-label="Dismiss" onClick={onDismiss}>
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
