import { IS_LOCAL } from '../config';
import { Logo } from '../ui/Logo';
import { useTitle } from '../ui/useTitle';
import { CredentialsForm } from './CredentialsForm';
import { DemoUsers } from './DemoUsers';
import { SignInArt } from './SignInArt';

export function SignInPage() {
  useTitle('Sign in');
  return (
    <main className="sign-in">
      <section className="sign-in-pitch">
        <div className="brand">
          <Logo />
          <span>Creative Automation Workflow</span>
        </div>
        <h1>From brief to published, step by step.</h1>
        <p>
          Chain prompts, pictures, voices and cuts into workflows, run them, and see what every step made.
        </p>
        <SignInArt />
      </section>
      <section className="sign-in-card" aria-label="Your account">
        <CredentialsForm />
        {IS_LOCAL && <DemoUsers />}
      </section>
    </main>
  );
}
