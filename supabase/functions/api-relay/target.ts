import { type Config, isLocalService } from './config.ts';
import { RelayError } from './errors.ts';
import type { Service } from './services.ts';

/** The requested service, with the path and query there. */
export interface Asked {
  readonly service: string;
  /** Without a leading slash. */
  readonly path: string;
  /** With the question mark, or empty. */
  readonly query: string;
}

const FUNCTION = 'api-relay';

/**
 * Parses the URL of a request as text. A URL parser would already have resolved `..`, so the service would receive
 * another path than the one that was checked.
 */
export function askedBy(address: string): Asked {
  const [, rest = ''] = /^[a-z+]+:\/\/[^/]*\/(.*)$/is.exec(address) ?? [];
  const [whole] = rest.split('#');
  const queryAt = whole.indexOf('?');
  const segments = (queryAt < 0 ? whole : whole.slice(0, queryAt)).split('/');
  // Hosted functions are called as `/api-relay/…`, regardless of the public path.
  const functionAt = segments.indexOf(FUNCTION);
  const [service, ...path] = segments.slice(functionAt + 1);
  if (functionAt < 0 || !/^[\w-]+$/.test(service ?? '') || path.length === 0) {
    throw new RelayError(404, 'NOT_FOUND', 'The address must be api-relay/SERVICE/PATH');
  }
  if (!path.every(isPlainSegment)) {
    const message =
      'The path must not hold ".." or ".", empty segments, backslashes, or encoded slashes, dots or percent signs';
    throw new RelayError(400, 'INVALID_INPUT', message);
  }
  return { service, path: path.join('/'), query: queryAt < 0 ? '' : whole.slice(queryAt) };
}

/** Only the last segment may be empty: a path may end with a slash. */
function isPlainSegment(segment: string, index: number, all: readonly string[]): boolean {
  const isEnd = index === all.length - 1;
  // Encoded, these are dangerous: a server behind the service may decode them once more.
  const hasTrick = /%(2e|2f|5c|25|0|1|7f|(?![0-9a-f]{2}))/i.test(segment) || /[\\\s\p{Cc}]/u.test(segment);
  return segment !== '.' && segment !== '..' && !hasTrick && (segment !== '' || isEnd);
}

/** Where to send a call, and in which form to send the key. */
export interface Target {
  readonly url: URL;
  readonly service: Service;
}

/** The address at the service, or at the gateway that the key's row names. */
export function targetOf(asked: Asked, gateway: string | null, { services }: Config): Target {
  const service = gateway === null ? services[asked.service] : serviceAt(gateway, services);
  const base = (gateway ?? service.base).replace(/\/+$/, '');
  const text = `${base}/${asked.path}`;
  const url = new URL(text + asked.query);
  const isSafe = (url.protocol === 'https:' && url.username + url.password === '') || isLocalService(service);
  // If the parser removed segments, the service would receive another path than the one that was checked.
  const isWhole = url.pathname.split('/').length === text.split('/').length - 2;
  if (!isSafe || !isWhole || url.origin !== new URL(service.base).origin) {
    throw new RelayError(400, 'INVALID_INPUT', 'The service cannot be asked for this path');
  }
  return { url, service };
}

/** The service in the table that a gateway's address belongs to. */
function serviceAt(gateway: string, services: Config['services']): Service {
  const origin = URL.canParse(gateway) ? new URL(gateway).origin : undefined;
  const isPlain = !/[?#@\\]/.test(gateway);
  const service = Object.values(services).find(({ base }) => new URL(base).origin === origin);
  if (service === undefined || !isPlain) {
    const message = "The key's gateway_endpoint is not at a host that the relay may call";
    throw new RelayError(403, 'GATEWAY_REFUSED', message);
  }
  return service;
}
