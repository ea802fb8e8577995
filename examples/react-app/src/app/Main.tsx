import { useEffect, useRef } from 'react';
import { AuditPage } from '../audit/AuditPage';
import { DashboardPage } from '../dashboard/DashboardPage';
import { useFollow } from '../data/useFollow';
import { KeysPage } from '../keys/KeysPage';
import { SettingsPage } from '../settings/SettingsPage';
import { TemplatesPage } from '../templates/TemplatesPage';
import { WorkflowPage } from '../workflow/WorkflowPage';
import { WorkflowListPage } from '../workflows/WorkflowListPage';
import { NotFoundPage } from './NotFoundPage';
import { useRoute } from './route';

export function Main({ userId }: { userId: string }) {
  const route = useRoute();
  // On every page: the list, when it is shown again, needs no look at what was missed.
  useFollow('workflows', userId);
  const main = useRef<HTMLElement>(null);
  const place = route.view === 'workflow' ? route.workflowId : route.view;
  const firstPlace = useRef(place);

  // Who navigates by keyboard or screen reader goes on where the new view begins.
  useEffect(() => {
    if (place === firstPlace.current) return;
    firstPlace.current = '';
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [place]);

  return (
    <main ref={main} tabIndex={-1}>
      {route.view === 'dashboard' && <DashboardPage userId={userId} />}
      {route.view === 'workflows' && <WorkflowListPage userId={userId} showArchived={route.showArchived} />}
      {route.view === 'workflow' && <WorkflowPage key={route.workflowId} userId={userId} {...route} />}
      {route.view === 'templates' && <TemplatesPage userId={userId} {...route} />}
      {route.view === 'keys' && <KeysPage userId={userId} />}
      {route.view === 'audit' && <AuditPage userId={userId} {...route} />}
      {route.view === 'settings' && <SettingsPage userId={userId} section={route.section} />}
      {route.view === 'unknown' && <NotFoundPage />}
    </main>
  );
}
