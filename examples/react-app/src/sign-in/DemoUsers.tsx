import { useAction } from '../ui/useAction';
import { ErrorNote } from '../ui/ErrorNote';
import { PendingButton } from '../ui/PendingButton';
import { signIn } from './credentials';

/** The users of every local stack. */
const USERS = [
  { name: 'Ada Okafor', email: 'ada@example.com', password: 'lovelace' },
  { name: 'Grace Lindqvist', email: 'grace@example.com', password: 'hopper' },
  { name: 'Mary Castellanos', email: 'mary@example.com', password: 'somerville' },
];

export function DemoUsers() {
  return (
    <div className="demo-users">
      <h3>Demo users of the local stack</h3>
      {USERS.map((user) => (
        <DemoUser key={user.email} {...user} />
      ))}
    </div>
  );
}

function DemoUser({ name, email, password }: (typeof USERS)[number]) {
  const enter = useAction(() => signIn({ email, password }));
  return (
    <>
      <PendingButton
        className="button demo-user"
        isPending={enter.isPending}
        onClick={() => void enter.run()}
      >
        <span className="hidden-text">Continue as </span>
        <span className="avatar" aria-hidden="true">
          {name[0]}
        </span>
        <span className="demo-user-text">
          {name}
          <small>{email}</small>
        </span>
      </PendingButton>
      {enter.error !== null && <ErrorNote error={enter.error} onRetry={enter.retry} />}
    </>
  );
}
