/** Eight digits that are hardly ever given twice. Also where the page is not served securely, unlike `randomUUID`. */
export function shortId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
