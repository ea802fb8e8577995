import { useSession } from '../data/useSession';
import { AppliedSettings } from '../settings/AppliedSettings';
import { SignInPage } from '../sign-in/SignInPage';
import { Toasts } from '../toasts/Toasts';
import { Drafts } from '../workflow/Drafts';
import { Header } from './Header';
import { Main } from './Main';

/** The app of the signed-in user, unmounted when the user changes; or the sign-in page. */
export function App() {
  const session = useSession();
  if (session === undefined) return <div className="splash" aria-busy="true" aria-label="Loading" />;
  if (session === null) return <SignInPage />;
  const { id, email = '' } = session.user;
  return (
    <Toasts key={id}>
      <AppliedSettings userId={id} />
      <Drafts>
        <div className="app">
          <Header userId={id} email={email} />
          <Main userId={id} />
        </div>
      </Drafts>
    </Toasts>
  );
}
