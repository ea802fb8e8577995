import { useAccountSettings, type Theme } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { ErrorNote } from '../ui/ErrorNote';
import { SkeletonRows } from '../ui/Skeleton';

const THEMES: { value: Theme; label: string }[] = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'auto', label: 'As the system' },
];

const SWITCHES = [
  { column: 'notifications_enabled', label: 'Tell me in the app when a run ends' },
  { column: 'email_on_completion', label: 'Send a mail when a run is completed' },
  { column: 'email_on_error', label: 'Send a mail when a run fails' },
] as const;

const LANGUAGES: Record<string, string> = { en: 'English', de: 'Deutsch', fr: 'Français', nb: 'Norsk' };
const TIMEZONES = Intl.supportedValuesOf('timeZone');

/** Each change is saved at once. */
export function AccountForm({ userId }: { userId: string }) {
  const { settings, error, updateAccountSettings } = useAccountSettings(userId);
  const { run: save } = useTask('The setting was not saved.', updateAccountSettings);

  if (settings === null) {
    return error === null ? (
      <SkeletonRows count={2} height={150} label="Loading the settings" />
    ) : (
      <ErrorNote error={error} />
    );
  }
  const { theme, timezone, language } = settings;
  return (
    <div className="settings-form">
      <fieldset className="card settings-group">
        <legend>Theme</legend>
        <div className="choices">
          {THEMES.map(({ value, label }) => (
            <label key={value} className="check">
              <input
                type="radio"
                name="theme"
                checked={theme === value}
                onChange={() => void save({ theme: value })}
              />
              {label}
            </label>
          ))}
        </div>
      </fieldset>
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
      <fieldset className="card settings-group">
        <legend>Place</legend>
        <div className="field-row">
          <label className="field">
            <span>Timezone</span>
            <select value={timezone} onChange={(event) => void save({ timezone: event.target.value })}>
              {withValue(TIMEZONES, timezone).map((zone) => (
                <option key={zone}>{zone}</option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>Language of mails</span>
            <select value={language} onChange={(event) => void save({ language: event.target.value })}>
              {withValue(Object.keys(LANGUAGES), language).map((code) => (
                <option key={code} value={code}>
                  {LANGUAGES[code] ?? code}
                </option>
              ))}
            </select>
          </label>
        </div>
      </fieldset>
    </div>
  );
}

function withValue(values: readonly string[], value: string): readonly string[] {
  return values.includes(value) ? values : [value, ...values];
}
