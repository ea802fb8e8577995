const SECRETS = new Set(['encrypted_key', 'encrypted_token']);
const MOST_CHARACTERS = 20_000;

/** A value as readable JSON without secrets, truncated if it is long. */
export function textOf(value: unknown): string {
  let text;
  try {
    text = JSON.stringify(value, withoutSecrets, 2) ?? String(value);
  } catch {
    return 'This cannot be shown as JSON.';
  }
  const rest = text.length - MOST_CHARACTERS;
  return rest > 0 ? `${text.slice(0, MOST_CHARACTERS)}\n… and ${rest} more characters` : text;
}

function withoutSecrets(name: string, member: unknown): unknown {
  return SECRETS.has(name) && member !== null ? '[REDACTED]' : member;
}

/** The time elapsed since then. */
export function ageOf(since: number | undefined): string {
  if (since === undefined) return '–';
  const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A count with its noun, such as `3 rows`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
