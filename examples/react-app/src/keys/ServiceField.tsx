const SERVICES = ['anthropic', 'elevenlabs', 'kling', 'openai', 'replicate', 'runway', 'together'];

interface Props {
  value: string;
  onChange: (value: string) => void;
}

/** Accepts any service and suggests the usual ones. */
export function ServiceField({ value, onChange }: Props) {
  return (
    <label className="field">
      <span>Service</span>
      <input
        value={value}
        required
        pattern=".*\S.*"
        title="The name of the service"
        maxLength={60}
        list="known-services"
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id="known-services">
        {SERVICES.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </label>
  );
}
