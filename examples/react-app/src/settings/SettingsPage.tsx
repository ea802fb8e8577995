import { useState } from 'react';
import { ACCOUNT, BRAND } from '../app/route';
import { useTitle } from '../ui/useTitle';
import { AccountForm } from './AccountForm';
import { BrandForm } from './BrandForm';
import { ProfileForm } from './ProfileForm';

interface Props {
  userId: string;
  section: 'brand' | 'account';
}

export function SettingsPage({ userId, section }: Props) {
  useTitle('Settings');
  // The settings hooks have no refresh function, so a retry mounts them again.
  const [attempt, setAttempt] = useState(0);
  const retry = () => setAttempt(attempt + 1);
  return (
    <div className="page narrow">
      <h1>Settings</h1>
      <nav className="tabs" aria-label="Settings">
        <a href={BRAND} aria-current={section === 'brand' ? 'page' : undefined}>
          Brand
        </a>
        <a href={ACCOUNT} aria-current={section === 'account' ? 'page' : undefined}>
          Account
        </a>
      </nav>
      {section === 'brand' ? (
        <BrandForm key={attempt} userId={userId} onRetry={retry} />
      ) : (
        <>
          <ProfileForm userId={userId} />
          <AccountForm key={attempt} userId={userId} onRetry={retry} />
        </>
      )}
    </div>
  );
}
