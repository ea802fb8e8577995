import { useAccountSettings } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { ReadError } from '../sync/ReadError';
import { SkeletonRows } from '../ui/Skeleton';
import { AccountPlace } from './AccountPlace';
import { ThemeChoice } from './ThemeChoice';

const SWITCHES = [
  { column: 'notifications_enabled', label: 'Tell me in the app when a run ends' },
  { column: 'email_on_completion', label: 'Send a mail when a run is completed' },
  { column: 'email_on_error', label: 'Send a mail when a run fails' },
] as const;

interface Props {
  userId: string;
  /** Reloads the form. */
  onRetry: () => void;
}

/** Saves each change immediately. */
export function AccountForm({ userId, onRetry }: Props) {
  const { settings, error, updateAccountSettings } = useAccountSettings(userId);
  const { run: save } = useTask('The setting was not saved.', updateAccountSettings, { mayOverlap: true });

  if (settings === null) {
    return error === null ? (
      <SkeletonRows count={2} height={150} label="Loading the settings" />
    ) : (
      <ReadError error={error} onRetry={onRetry} />
    );
  }
  return (
    <div className="settings-form">
      <ThemeChoice theme={settings.theme} onChange={(theme) => void save({ theme })} />
      <fieldset className="card settings-group">
        <legend>Notifications</legend>
        <div>
          {SWITCHES.map(({ column, label }) => (
            <label key={column} className="check">
              <input
                type="checkbox"
                checked={settings[column]}
                onChange={(event) => void save({ [column]: event.target.checked })}
              />
              {label}
            </label>
          ))}
        </div>
      </fieldset>
      <AccountPlace settings={settings} onChange={(patch) => void save(patch)} />
    </div>
  );
}
