import { useEffect, useRef } from 'react';
import { ActivityPanel } from '../activity/ActivityPanel';
import { startView } from '../data/activity';
import { useSession } from '../data/useSession';
import { SignInPage } from '../sign-in/SignInPage';
import { WorkflowPage } from '../workflow/WorkflowPage';
import { WorkflowListPage } from '../workflows/WorkflowListPage';
import { Header } from './Header';
import { NotFoundPage } from './NotFoundPage';
import { type Route, useRoute } from './route';

export function App() {
  const session = useSession();
  const route = useRoute();
  const userId = session?.user.id;
  useEffect(startView, [userId]);

  if (session === undefined) return <div className="splash" aria-busy="true" aria-label="Loading" />;
  if (session === null) return <SignInPage />;
  const { id, email = '' } = session.user;
  return (
    <div className="app" key={id}>
      <Header userId={id} email={email} />
      <Main route={route} userId={id} />
      <ActivityPanel />
    </div>
  );
}

function Main({ route, userId }: { route: Route; userId: string }) {
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
      {route.view === 'list' && <WorkflowListPage userId={userId} showArchived={route.showArchived} />}
      {route.view === 'workflow' && <WorkflowPage key={route.workflowId} userId={userId} {...route} />}
      {route.view === 'unknown' && <NotFoundPage />}
    </main>
  );
}
