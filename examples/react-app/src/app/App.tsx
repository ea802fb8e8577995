import { useUser } from '../data/useUser';
import { AppliedSettings } from '../settings/AppliedSettings';
import { SignInPage } from '../sign-in/SignInPage';
import { SyncBanner } from '../sync/SyncBanner';
import { SyncProvider } from '../sync/SyncProvider';
import { Toasts } from '../toasts/Toasts';
import { Drafts } from '../workflow/Drafts';
import { Header } from './Header';
import { Main } from './Main';

/** The app of the signed-in user, unmounted when the user changes; or the sign-in page. */
export function App() {
  const user = useUser();
  if (user === undefined) return <div className="splash" aria-busy="true" aria-label="Loading" />;
  if (user === null) return <SignInPage />;
  const { id, email } = user;
  return (
    <Toasts key={id}>
      <AppliedSettings userId={id} />
      <Drafts>
        <SyncProvider userId={id}>
          <div className="app">
            <Header userId={id} email={email} />
            <SyncBanner />
            <Main userId={id} />
          </div>
        </SyncProvider>
      </Drafts>
    </Toasts>
  );
}
