interface Props {
  name: string;
  /** A color on which white text is readable; the accent color by default. */
  color?: string;
}

/** A person's initials, as decoration next to the name. */
export function Avatar({ name, color }: Props) {
  return (
    <span
      className="avatar"
      aria-hidden="true"
      style={color === undefined ? undefined : { background: color, color: 'white' }}
    >
      {initials(name)}
    </span>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s@.]+/).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase())
    .join('');
}
