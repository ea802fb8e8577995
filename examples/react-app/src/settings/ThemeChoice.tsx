import type { Theme } from 'workflow-db/react';

const THEMES: { value: Theme; label: string }[] = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'auto', label: 'As the system' },
];

interface Props {
  theme: Theme;
  onChange: (theme: Theme) => void;
}

export function ThemeChoice({ theme, onChange }: Props) {
  return (
    <fieldset className="card settings-group">
      <legend>Theme</legend>
      <div className="choices">
        {THEMES.map(({ value, label }) => (
          <label key={value} className="check">
            <input type="radio" name="theme" checked={theme === value} onChange={() => onChange(value)} />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
