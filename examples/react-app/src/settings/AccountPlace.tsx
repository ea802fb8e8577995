import type { AccountSettings, AccountSettingsPatch } from 'workflow-db/react';

const LANGUAGES: Record<string, string> = { en: 'English', de: 'Deutsch', fr: 'Français', nb: 'Norsk' };
const TIMEZONES = Intl.supportedValuesOf('timeZone');

interface Props {
  settings: AccountSettings;
  onChange: (patch: AccountSettingsPatch) => void;
}

export function AccountPlace({ settings: { timezone, language }, onChange }: Props) {
  return (
    <fieldset className="card settings-group">
      <legend>Place</legend>
      <div className="field-row">
        <label className="field">
          <span>Timezone</span>
          <select value={timezone} onChange={(event) => onChange({ timezone: event.target.value })}>
            {withValue(TIMEZONES, timezone).map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Language of mails</span>
          <select value={language} onChange={(event) => onChange({ language: event.target.value })}>
            {withValue(Object.keys(LANGUAGES), language).map((code) => (
              <option key={code} value={code}>
                {LANGUAGES[code] ?? code}
              </option>
            ))}
          </select>
        </label>
      </div>
    </fieldset>
  );
}

/** Adds the current value to the choices, if it is missing. */
function withValue(values: readonly string[], value: string): readonly string[] {
  return values.includes(value) ? values : [value, ...values];
}
