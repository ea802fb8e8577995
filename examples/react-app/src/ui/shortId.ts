/** Eight random digits, unlikely to repeat. Unlike `randomUUID`, available on insecure pages too. */
export function shortId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
