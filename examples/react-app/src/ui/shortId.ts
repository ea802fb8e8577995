/** Eight random digits, unlikely to repeat. Unlike `randomUUID`, this also works on insecure pages. */
export function shortId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
