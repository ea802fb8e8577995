interface Props {
  label: string;
  /** Undefined until it is known. */
  value: number | undefined;
  href: string;
}

const NUMBER = new Intl.NumberFormat('en');

export function Figure({ label, value, href }: Props) {
  return (
    <li className="card figure">
      <a href={href}>
        <span className="figure-value">{value === undefined ? '–' : NUMBER.format(value)}</span>
        <span className="subtle">{label}</span>
      </a>
    </li>
  );
}
