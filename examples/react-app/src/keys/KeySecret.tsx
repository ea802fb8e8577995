/** A placeholder for a secret, which only the API relay can read. */
export function KeySecret() {
  return (
    <span className="key-secret" role="img" aria-label="Hidden">
      ••••••••••••
    </span>
  );
}
