import { hasPublicAddress, type Resolve } from './addresses.ts';
import { isLocalService } from './config.ts';
import { RelayError } from './errors.ts';
import type { Target } from './target.ts';

const MAX_REDIRECTS = 3;

/** A request for a service, ready to be sent. */
export interface Outgoing {
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  readonly signal: AbortSignal;
}

/** Sends a request to the service. Follows redirects only within the origin, because the key is sent again. */
export async function askService(target: Target, outgoing: Outgoing, resolve: Resolve): Promise<Response> {
  let { url } = target;
  let request = outgoing;
  for (let redirects = 0; ; redirects += 1) {
    if (!isLocalService(target.service) && !(await isReachable(url, resolve))) {
      throw new RelayError(
        502,
        'ADDRESS_REFUSED',
        "The service's host has no address that the relay may call",
      );
    }
    const answer = await send(url, request);
    const location = answer.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === null) return answer;
    await answer.body?.cancel();
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
    if (next?.origin !== url.origin || redirects === MAX_REDIRECTS) {
      throw new RelayError(
        502,
        'REDIRECT_REFUSED',
        'The service redirects to an address that the relay does not follow',
      );
    }
    url = next;
    request = redirected(request, answer.status);
  }
}

async function isReachable(url: URL, resolve: Resolve): Promise<boolean> {
  try {
    return await hasPublicAddress(url, resolve);
  } catch {
    throw unreachable();
  }
}

async function send(url: URL, { method, headers, body, signal }: Outgoing): Promise<Response> {
  try {
    return await fetch(url, { method, headers, body, signal, redirect: 'manual' });
  } catch (error) {
    if (signal.aborted) throw error;
    // The runtime's message contains the whole URL, and the query may be confidential.
    throw unreachable();
  }
}

function unreachable(): RelayError {
  return new RelayError(502, 'SERVICE_UNREACHABLE', 'The service was not reached, or gave no answer');
}

/** The request that a browser would send to the target of a redirect: only 307 and 308 repeat the body. */
function redirected(request: Outgoing, status: number): Outgoing {
  const keepsMethod =
    status === 307 || status === 308 || request.method === 'GET' || request.method === 'HEAD';
  if (keepsMethod) return request;
  const headers = new Headers(request.headers);
  headers.delete('content-type');
  return { ...request, method: 'GET', headers, body: undefined };
}
