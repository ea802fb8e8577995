interface Props {
  name: string;
  description: string;
  onName: (name: string) => void;
  onDescription: (description: string) => void;
}

/** The fields for a name and a description. */
export function NameFields({ name, description, onName, onDescription }: Props) {
  return (
    <>
      <label className="field">
        <span>Name</span>
        <input
          value={name}
          required
          pattern=".*\S.*"
          title="A name"
          maxLength={120}
          onChange={(event) => onName(event.target.value)}
        />
      </label>
      <label className="field">
        <span>
          Description <small>(optional)</small>
        </span>
        <textarea rows={3} value={description} onChange={(event) => onDescription(event.target.value)} />
      </label>
    </>
  );
}
