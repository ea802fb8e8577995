import { useState } from 'react';
import type { UserProfilePatch } from 'workflow-db/react';
import { queuedDb } from '../data/client';
import { useProfile } from '../data/entries';
import { useTask } from '../toasts/useTask';
import { ReadError } from '../sync/ReadError';
import { PendingButton } from '../ui/PendingButton';
import { SkeletonRows } from '../ui/Skeleton';

export function ProfileForm({ userId }: { userId: string }) {
  const { data: profile, error, refresh } = useProfile(userId);
  const [changes, setChanges] = useState<UserProfilePatch>({});
  const save = useTask('The profile was not saved.', () => queuedDb().updateUserProfile(userId, changes), {
    done: 'The profile is saved.',
  });

  if (error !== null) return <ReadError error={error} onRetry={() => void refresh()} />;
  if (profile === undefined) return <SkeletonRows count={1} height={150} label="Loading the profile" />;
  const shown = { ...profile, ...changes };

  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run().then((isDone) => isDone && setChanges({}));
      }}
    >
      <fieldset className="card settings-group">
        <legend>Profile</legend>
        <div className="field-row">
          <label className="field">
            <span>Name</span>
            <input
              value={shown.full_name ?? ''}
              maxLength={120}
              autoComplete="name"
              onChange={(event) => setChanges({ ...changes, full_name: event.target.value || null })}
            />
          </label>
          <label className="field">
            <span>Organization</span>
            <input
              value={shown.organization ?? ''}
              maxLength={120}
              autoComplete="organization"
              onChange={(event) => setChanges({ ...changes, organization: event.target.value || null })}
            />
          </label>
        </div>
        <div>
          <PendingButton
            type="submit"
            className="button primary"
            isPending={save.isPending}
            disabled={Object.keys(changes).length === 0}
          >
            Save profile
          </PendingButton>
        </div>
      </fieldset>
    </form>
  );
}
