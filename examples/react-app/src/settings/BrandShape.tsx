import type { BrandSettings, BrandSettingsPatch } from 'workflow-db/react';

interface Props {
  brand: BrandSettings;
  onChange: (patch: BrandSettingsPatch) => void;
}

/** Fonts that most devices have, or a similar one. */
const FONTS = ['Inter', 'Work Sans', 'Verdana', 'Georgia', 'Courier New'];

export function BrandShape({ brand, onChange }: Props) {
  const { font_family, font_size_base, border_radius } = brand;
  const fonts = FONTS.includes(font_family) ? FONTS : [font_family, ...FONTS];
  return (
    <fieldset className="card settings-group">
      <legend>Type and shape</legend>
      <div className="field-row">
        <label className="field">
          <span>Font</span>
          <select value={font_family} onChange={(event) => onChange({ font_family: event.target.value })}>
            {fonts.map((font) => (
              <option key={font}>{font}</option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>
            Text size <small>{font_size_base} px</small>
          </span>
          <input
            type="range"
            min={13}
            max={20}
            value={font_size_base}
            onChange={(event) => onChange({ font_size_base: event.target.valueAsNumber })}
          />
        </label>
        <label className="field">
          <span>
            Corner radius <small>{border_radius} px</small>
          </span>
          <input
            type="range"
            min={0}
            max={24}
            value={border_radius}
            onChange={(event) => onChange({ border_radius: event.target.valueAsNumber })}
          />
        </label>
      </div>
    </fieldset>
  );
}
