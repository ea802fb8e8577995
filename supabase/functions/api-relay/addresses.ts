/**
 * Special-purpose IPv4 networks (IANA's registry, multicast and class E): private, link-local, loopback, metadata, …
 */
const SPECIAL_IPV4: readonly (readonly [network: string, length: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/**
 * Networks within 2000::/3 that are not public. Everything outside 2000::/3 is refused anyway: loopback, unique local
 * and link-local addresses, addresses that embed an IPv4 address (mapped, compatible, NAT64), multicast.
 */
const SPECIAL_IPV6: readonly (readonly [network: string, length: number])[] = [
  ['2001::', 23], // Teredo, ORCHID, benchmarks
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4
  ['2620:4f:8000::', 48], // AS112
  ['3fff::', 20], // documentation
];

/** Whether an address is on the public internet. False if the text is not an address. */
export function isPublicAddress(address: string): boolean {
  const v4 = ipv4Bits(address);
  if (v4 !== undefined) return !SPECIAL_IPV4.some(([network, length]) => isIn(v4, ipv4Bits(network), length));
  const v6 = ipv6Bits(address);
  if (v6 === undefined || !v6.startsWith('001')) return false;
  return !SPECIAL_IPV6.some(([network, length]) => isIn(v6, ipv6Bits(network), length));
}

function isIn(bits: string, network: string | undefined, length: number): boolean {
  return network !== undefined && bits.startsWith(network.slice(0, length));
}

function ipv4Bits(text: string): string | undefined {
  const parts = text.split('.');
  const isAddress =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && +part < 256);
  return isAddress ? parts.map((part) => bitsOf(Number(part), 8)).join('') : undefined;
}

function ipv6Bits(text: string): string | undefined {
  let host: string;
  try {
    // The URL parser normalizes every spelling to hexadecimal groups, including an embedded IPv4 address.
    host = new URL(`http://[${text}]`).hostname;
  } catch {
    return undefined;
  }
  const [head, tail] = host
    .slice(1, -1)
    .split('::')
    .map((side) => (side === '' ? [] : side.split(':')));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...(tail ?? [])];
  return groups.map((group) => bitsOf(parseInt(group, 16), 16)).join('');
}

function bitsOf(value: number, length: number): string {
  return value.toString(2).padStart(length, '0');
}

/** Resolves a host name to its IPv4 and IPv6 addresses. */
export type Resolve = (host: string) => Promise<string[]>;

export async function resolveHost(host: string): Promise<string[]> {
  const answers = await Promise.all((['A', 'AAAA'] as const).map((type) => recordsOf(host, type)));
  return answers.flat();
}

async function recordsOf(host: string, type: 'A' | 'AAAA'): Promise<string[]> {
  try {
    return await Deno.resolveDns(host, type);
  } catch (error) {
    // A host may have addresses of only one kind.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Whether all addresses of a URL's host are public. Checked for each request, so that a DNS change is noticed. If the
 * name changes between this check and the connection, the TLS certificate limits what it can reach.
 */
export async function hasPublicAddress({ hostname }: URL, resolve: Resolve): Promise<boolean> {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (ipv4Bits(literal) !== undefined || literal.includes(':')) return isPublicAddress(literal);
  const addresses = await resolve(hostname);
  return addresses.length > 0 && addresses.every(isPublicAddress);
}
