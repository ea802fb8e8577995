import { useEffect, useRef } from 'react';
import { AuditPage } from '../audit/AuditPage';
import { DashboardPage } from '../dashboard/DashboardPage';
import { useFollow } from '../data/useFollow';
import { KeysPage } from '../keys/KeysPage';
import { SettingsPage } from '../settings/SettingsPage';
import { SharedPage } from '../sharing/SharedPage';
import { TemplatesPage } from '../templates/TemplatesPage';
import { WorkflowPage } from '../workflow/WorkflowPage';
import { WorkflowListPage } from '../workflows/WorkflowListPage';
import { NotFoundPage } from './NotFoundPage';
import { useRoute } from './route';

export function Main({ userId }: { userId: string }) {
  const route = useRoute();
  // Followed on every page, so that the list is up to date whenever it is shown.
  useFollow('workflows', userId);
  const main = useRef<HTMLElement>(null);
  const place = route.view === 'workflow' ? route.workflowId : route.view;
  const firstPlace = useRef(place);

  // Moves the focus to the new view, for keyboards and screen readers.
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
      {route.view === 'shared' && <SharedPage userId={userId} />}
      {route.view === 'workflow' && <WorkflowPage key={route.workflowId} userId={userId} {...route} />}
      {route.view === 'templates' && <TemplatesPage userId={userId} {...route} />}
      {route.view === 'keys' && <KeysPage userId={userId} />}
      {route.view === 'audit' && <AuditPage userId={userId} {...route} />}
      {route.view === 'settings' && <SettingsPage userId={userId} section={route.section} />}
      {route.view === 'unknown' && <NotFoundPage />}
    </main>
  );
}
