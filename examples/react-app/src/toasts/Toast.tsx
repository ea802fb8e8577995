import { useEffect } from 'react';
import { Icon } from '../ui/Icon';
import type { ToastContent } from './toasts';

interface Props extends ToastContent {
  id: string;
  onClose: (id: string) => void;
}

const SHOWN_MS = 5000;

/** A success disappears by itself; a failure stays until it is closed. */
export function Toast({ id, text, tone, detail, action, onClose }: Props) {
  useEffect(() => {
    if (tone === 'failure') return undefined;
    const timer = setTimeout(() => onClose(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, tone, onClose]);

  return (
    <div className={`toast ${tone}`} role={tone === 'failure' ? 'alert' : 'status'}>
      <Icon name={tone === 'failure' ? 'warning' : 'check'} />
      <div className="toast-text">
        <strong>{text}</strong>
        {detail !== undefined && <span>{detail}</span>}
      </div>
      {action !== undefined && (
        <button
          type="button"
          className="button small"
          onClick={() => {
            onClose(id);
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" className="icon-button" aria-label="Close message" onClick={() => onClose(id)}>
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
