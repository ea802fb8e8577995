import { useEffect } from 'react';

const PRODUCT = 'Creative Automation Workflow';

/** Sets the title in the browser's tab and history. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title === undefined ? PRODUCT : `${title} · ${PRODUCT}`;
  }, [title]);
}
