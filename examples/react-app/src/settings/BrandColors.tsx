import type { BrandSettings, BrandSettingsPatch } from 'workflow-db/react';
import { parseColor } from './colors';

interface Props {
  brand: BrandSettings;
  onChange: (patch: BrandSettingsPatch) => void;
}

const COLORS = [
  { column: 'primary_color', label: 'Primary', hint: 'Buttons and links', usual: '#5546d6' },
  { column: 'secondary_color', label: 'Secondary', hint: 'The line below the header', usual: '#e3e0d8' },
  { column: 'accent_color', label: 'Accent', hint: 'Stars and charts', usual: '#b26a00' },
] as const;

export function BrandColors({ brand, onChange }: Props) {
  return (
    <fieldset className="card settings-group">
      <legend>Colors</legend>
      <p className="subtle">Where text would be hard to read, the page shows them lighter or darker.</p>
      <div className="colors">
        {COLORS.map(({ column, label, hint, usual }) => {
          const value = parseColor(brand[column]) === undefined ? usual : (brand[column] ?? usual);
          return (
            <label key={column} className="color">
              <input
                type="color"
                value={value}
                onChange={(event) => onChange({ [column]: event.target.value })}
              />
              <span>
                {label} color
                <small>
                  {hint} · {brand[column] ?? 'as usual'}
                </small>
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
