import { useCallback, useState, type ReactNode } from 'react';
import { shortId } from '../ui/shortId';
import { Toast } from './Toast';
import { ToastContext, type ToastContent } from './toasts';

const MOST_SHOWN = 4;

/** Provides and renders toasts for the components below. */
export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<(ToastContent & { id: string })[]>([]);
  const show = useCallback((content: ToastContent) => {
    setToasts((shown) => [...shown, { ...content, id: shortId() }].slice(-MOST_SHOWN));
  }, []);
  const close = useCallback((id: string) => {
    setToasts((shown) => shown.filter((toast) => toast.id !== id));
  }, []);

  return (
    <ToastContext value={show}>
      {children}
      <div className="toasts" role="region" aria-label="Messages" aria-live="polite">
        {toasts.map((toast) => (
          <Toast key={toast.id} {...toast} onClose={close} />
        ))}
      </div>
    </ToastContext>
  );
}
