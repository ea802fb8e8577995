import { useState } from 'react';
import { supabase } from '../data/client';
import { changes } from '../sync/counts';
import { useSync } from '../sync/SyncContext';
import { useTask } from '../toasts/useTask';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';

/** Signs out. Asks for confirmation if there are unsent changes, which are sent only after the next sign-in. */
export function SignOutButton() {
  const { unsent } = useSync();
  const [isAsking, setIsAsking] = useState(false);
  const signOut = useTask('You are still signed in.', async () => {
    const { error } = await supabase.auth.signOut({ scope: 'local' });
    if (error !== null) throw error;
  });

  return (
    <>
      <PendingButton
        className="icon-button"
        isPending={signOut.isPending}
        aria-label="Sign out"
        title="Sign out"
        onClick={() => (unsent.length > 0 ? setIsAsking(true) : void signOut.run())}
      >
        <Icon name="signOut" />
      </PendingButton>
      {isAsking && (
        <ConfirmDialog
          title="Sign out now?"
          confirmLabel="Sign out"
          onConfirm={() => {
            setIsAsking(false);
            void signOut.run();
          }}
          onClose={() => setIsAsking(false)}
        >
          <p>
            The server does not have {changes(unsent.length)} of yours. They stay on this device, and are sent
            when you sign in here again.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
