import type { BrandSettings, BrandSettingsPatch } from 'workflow-db/react';

interface Props {
  brand: BrandSettings;
  onChange: (patch: BrandSettingsPatch) => void;
}

const TEXTS = [
  { column: 'brand_name', label: 'Brand name' },
  { column: 'tagline', label: 'Tagline' },
  { column: 'brand_voice', label: 'Voice' },
] as const;

export function BrandText({ brand, onChange }: Props) {
  return (
    <fieldset className="card settings-group">
      <legend>Words</legend>
      <div className="field-row">
        {TEXTS.map(({ column, label }) => (
          <label key={column} className="field">
            <span>{label}</span>
            <input
              value={brand[column] ?? ''}
              maxLength={120}
              onChange={(event) => onChange({ [column]: event.target.value || null })}
            />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
