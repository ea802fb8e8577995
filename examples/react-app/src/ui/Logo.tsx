export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="2.4">
        <path d="M12 10.5c5 0 3 11 8 11M12 10.5h8" />
        <circle cx="9" cy="10.5" r="2.8" />
        <circle cx="23" cy="10.5" r="2.8" />
        <circle cx="23" cy="21.5" r="2.8" />
      </g>
    </svg>
  );
}
