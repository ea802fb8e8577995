import { lazy, Suspense } from 'react';

/** The devtools, in development or with `?devtools` in the URL. Otherwise they are not loaded. */
const isWanted = import.meta.env.DEV || new URLSearchParams(window.location.search).has('devtools');

const Panel = lazy(async () => {
  const { WorkflowDbDevtools } = await import('workflow-db/devtools');
  return { default: WorkflowDbDevtools };
});

/** A corner where they cover nothing important: on phones the navigation is at the bottom. */
const position = window.matchMedia('(width <= 760px)').matches ? 'top-left' : 'bottom-left';

export function Devtools() {
  return isWanted ? (
    <Suspense>
      <Panel position={position} />
    </Suspense>
  ) : null;
}
