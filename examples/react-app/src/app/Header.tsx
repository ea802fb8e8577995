import { supabase } from '../data/client';
import { useProfile } from '../data/queries';
import { useAction } from '../data/useAction';
import { ErrorNote } from '../ui/ErrorNote';
import { Logo } from '../ui/Logo';
import { PendingButton } from '../ui/PendingButton';
import { listHref } from './route';

export function Header({ userId, email }: { userId: string; email: string }) {
  const profile = useProfile(userId);
  const name = profile.data?.full_name ?? email;
  const signOut = useAction(async () => {
    const { error } = await supabase.auth.signOut({ scope: 'local' });
    if (error !== null) throw error;
  });

  return (
    <header className="header">
      <a className="brand" href={listHref()}>
        <Logo />
        <span className="brand-name">Creative Automation Workflow</span>
      </a>
      <div className="account">
        <span className="avatar" aria-hidden="true">
          {initials(name)}
        </span>
        <span className="account-name" title={email}>
          {name}
        </span>
        <PendingButton
          className="button ghost"
          isPending={signOut.isPending}
          onClick={() => void signOut.run()}
        >
          Sign out
        </PendingButton>
      </div>
      {signOut.error !== null && <ErrorNote error={signOut.error} onRetry={signOut.retry} />}
    </header>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s@.]+/).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase())
    .join('');
}
