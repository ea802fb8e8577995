import { supabase } from '../data/client';
import { useProfile } from '../data/entries';
import { useTask } from '../toasts/useTask';
import { Avatar } from '../ui/Avatar';
import { Icon } from '../ui/Icon';
import { Logo } from '../ui/Logo';
import { PendingButton } from '../ui/PendingButton';
import { ConnectionIndicator } from './ConnectionIndicator';
import { Navigation } from './Navigation';
import { HOME } from './route';

export function Header({ userId, email }: { userId: string; email: string }) {
  const profile = useProfile(userId);
  const name = profile.data?.full_name ?? email;
  const signOut = useTask('You are still signed in.', async () => {
    const { error } = await supabase.auth.signOut({ scope: 'local' });
    if (error !== null) throw error;
  });

  return (
    <header className="header">
      <a className="brand" href={HOME} aria-label="Creative Automation Workflow, dashboard">
        <Logo />
      </a>
      <Navigation />
      <div className="account">
        <ConnectionIndicator userId={userId} />
        <Avatar name={name} />
        <span className="account-name" title={email}>
          {name}
        </span>
        <PendingButton
          className="icon-button"
          isPending={signOut.isPending}
          aria-label="Sign out"
          title="Sign out"
          onClick={() => void signOut.run()}
        >
          <Icon name="signOut" />
        </PendingButton>
      </div>
    </header>
  );
}
