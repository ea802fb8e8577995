// @ts-check
import { verifyJwt } from '../jwt.mjs';
import { jsonReply } from '../reply.mjs';
import { sendReply } from '../send.mjs';
import { AuthError } from './replies.mjs';
import { endSessions, refreshSession, startSession } from './sessions.mjs';
import { createUser, findByPassword, findById, publicUser, updateUser } from './users.mjs';

/** @typedef {import('../gateway.mjs').Request} Request */
/** @typedef {import('../reply.mjs').Reply} Reply */

/**
 * A replacement for the auth service, as far as the official client needs it: email and password, confirmed at once.
 *
 * @param {import('./sessions.mjs').Context} context
 * @returns {import('../gateway.mjs').Service}
 */
export function createAuth(context) {
  const { sql, jwtSecret } = context;

  /** @type {Record<string, (request: Request) => Promise<Reply> | Reply>} */
  const routes = {
    'POST /signup': async (request) => {
      const user = await createUser(sql, await readJson(request));
      return jsonReply(200, await startSession(context, user));
    },
    'POST /token': async (request) => {
      const given = await readJson(request);
      switch (request.url.searchParams.get('grant_type')) {
        case 'password':
          return jsonReply(200, await startSession(context, await findByPassword(sql, given)));
        case 'refresh_token':
          return jsonReply(200, await refreshSession(context, given.refresh_token));
        default:
          throw new AuthError(400, 'invalid_credentials', 'unsupported_grant_type');
      }
    },
    'GET /user': async (request) => {
      const { user } = await signedIn(request);
      return jsonReply(200, publicUser(user));
    },
    'PUT /user': async (request) => {
      const { user } = await signedIn(request);
      return jsonReply(200, publicUser(await updateUser(sql, user, await readJson(request))));
    },
    'POST /logout': async (request) => {
      const { claims } = await signedIn(request);
      await endSessions(sql, claims, request.url.searchParams.get('scope') ?? 'global');
      return jsonReply(204);
    },
    'GET /settings': () =>
      jsonReply(200, {
        external: { email: true, phone: false, anonymous_users: false },
        disable_signup: false,
        mailer_autoconfirm: true,
        phone_autoconfirm: false,
        sms_provider: '',
        saml_enabled: false,
      }),
    'GET /health': () =>
      jsonReply(200, { version: 'local', name: 'GoTrue', description: 'A local stand-in' }),
  };

  /** @param {Request} request @returns {Promise<{ user: any, claims: import('../jwt.mjs').Claims }>} */
  async function signedIn(request) {
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (!token) throw new AuthError(401, 'no_authorization', 'This endpoint requires a Bearer token');
    const claims = verifyJwt(token, jwtSecret);
    if (!claims) {
      throw new AuthError(
        403,
        'bad_jwt',
        'invalid JWT: unable to parse or verify signature, or token is expired',
      );
    }
    if (!claims.sub) throw new AuthError(403, 'bad_jwt', 'invalid claim: missing sub claim');
    const user = await findById(sql, claims.sub);
    if (!user) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
    // A token signed for a test has no session. After a sign-out, the session of the token no longer exists.
    const known =
      !claims.session_id ||
      (await sql('select from auth.sessions where id = $1', [claims.session_id])).length > 0;
    if (!known) {
      throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
    }
    return { user, claims };
  }

  /** @param {Request} request @returns {Promise<Reply>} */
  async function answer(request) {
    const path = request.url.pathname.slice('/auth/v1'.length);
    const route = routes[`${request.method} ${path}`];
    if (!route) return jsonReply(404, { code: 404, msg: `No ${request.method} ${path} in the local stack` });
    try {
      return await route(request);
    } catch (error) {
      if (error instanceof AuthError) return error.reply();
      throw error;
    }
  }

  return { answer, stream: async (request, response) => sendReply(response, await answer(request)) };
}

/** @param {Request} request @returns {Promise<any>} */
async function readJson(request) {
  try {
    const value = JSON.parse((await request.body()).toString());
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // Handled below, like JSON that is not an object.
  }
  throw new AuthError(400, 'bad_json', 'Could not parse request body as JSON');
}
