import { createContext, useContext } from 'react';

export interface ToastContent {
  text: string;
  tone: 'success' | 'failure';
  detail?: string;
  /** Offered as a button, which also closes the toast. */
  action?: { label: string; run: () => void };
}

export const ToastContext = createContext<(content: ToastContent) => void>(() => {});

/** Shows a short message in the corner of the page. */
export function useToast(): (content: ToastContent) => void {
  return useContext(ToastContext);
}
