// @ts-check
import { ANON_KEY, PUBLISHABLE_KEY, SERVICE_KEY } from './keys.mjs';
import { jsonReply } from './reply.mjs';

const ROLE_KEYS = [ANON_KEY, SERVICE_KEY];

/**
 * Checks a request's API key like the gateway of a hosted project, and determines the role of the request.
 *
 * Removes the key from the query, where PostgREST would read it as a filter.
 *
 * @param {import('./gateway.mjs').Request} request changed in place
 * @returns {import('./reply.mjs').Reply | null} the refusal, or null if the key is valid
 */
export function admit(request) {
  const { headers, url } = request;
  const key = headers.apikey ?? url.searchParams.get('apikey');
  // Rebuilt only in this case: URLSearchParams would serialize the rest of the query differently.
  if (url.searchParams.has('apikey'))
    url.search = url.search.replace(/([?&])apikey=[^&]*&?/, '$1').replace(/[?&]$/, '');

  if (!key) {
    return jsonReply(401, {
      message: 'No API key found in request',
      hint: 'No `apikey` request header or url param was found.',
    });
  }
  if (key !== PUBLISHABLE_KEY && !ROLE_KEYS.includes(String(key))) {
    return jsonReply(401, {
      message: 'Invalid API key',
      hint: 'Double check your Supabase `anon` or `service_role` API key.',
    });
  }

  const bearer = headers.authorization;
  if (!bearer || bearer === `Bearer ${PUBLISHABLE_KEY}`) {
    if (key === PUBLISHABLE_KEY) delete headers.authorization;
    else headers.authorization = `Bearer ${key}`;
  }
  return null;
}
