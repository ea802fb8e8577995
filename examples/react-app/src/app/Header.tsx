import { useProfile } from '../data/entries';
import { Avatar } from '../ui/Avatar';
import { Logo } from '../ui/Logo';
import { ConnectionIndicator } from './ConnectionIndicator';
import { Navigation } from './Navigation';
import { HOME } from './route';
import { SignOutButton } from './SignOutButton';

export function Header({ userId, email }: { userId: string; email: string }) {
  const profile = useProfile(userId);
  const name = profile.data?.full_name ?? email;

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
        <SignOutButton />
      </div>
    </header>
  );
}
