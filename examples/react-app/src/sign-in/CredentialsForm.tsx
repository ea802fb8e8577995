import { useState } from 'react';
import { useAction } from '../ui/useAction';
import { ErrorNote } from '../ui/ErrorNote';
import { PendingButton } from '../ui/PendingButton';
import { signIn, signUp } from './credentials';

export function CredentialsForm() {
  const [isNew, setIsNew] = useState(false);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [confirmAt, setConfirmAt] = useState<string>();
  const submit = useAction(async () => {
    if (!isNew) return signIn({ email, password });
    const { mustConfirm } = await signUp({ email, password });
    if (mustConfirm) setConfirmAt(email);
  });

  if (confirmAt !== undefined) {
    return (
      <div role="status">
        <h2>Check your inbox</h2>
        <p>
          We sent a link to <strong>{confirmAt}</strong>. It confirms your address and signs you in.
        </p>
        <button type="button" className="button" onClick={() => setConfirmAt(undefined)}>
          Back
        </button>
      </div>
    );
  }
  return (
    <form
      className="fields"
      onSubmit={(event) => {
        event.preventDefault();
        void submit.run();
      }}
    >
      <h2>{isNew ? 'Create your account' : 'Welcome back'}</h2>
      <label className="field">
        <span>Email</span>
        <input
          type="email"
          autoComplete="email"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </label>
      <label className="field">
        <span>Password</span>
        <input
          type="password"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          required
          minLength={6}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      {submit.error !== null && <ErrorNote error={submit.error} onRetry={submit.retry} />}
      <PendingButton type="submit" className="button primary wide" isPending={submit.isPending}>
        {isNew ? 'Create account' : 'Sign in'}
      </PendingButton>
      <p className="switch-mode">
        {isNew ? 'You have an account?' : 'New here?'}{' '}
        <button
          type="button"
          className="link"
          onClick={() => {
            setIsNew(!isNew);
            submit.dismiss();
          }}
        >
          {isNew ? 'Sign in instead' : 'Create an account'}
        </button>
      </p>
    </form>
  );
}
