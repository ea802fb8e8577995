// @ts-check
import { randomBytes } from 'node:crypto';
import { signJwt } from '../jwt.mjs';
import { AuthError } from './replies.mjs';
import { findById, publicUser } from './users.mjs';

/** @typedef {import('../sql.mjs').Sql} Sql */
/** @typedef {{ sql: Sql, settings: import('../settings.mjs').Settings, jwtSecret: string, issuer: () => string }} Context */

/**
 * Signs a user in.
 *
 * @param {Context} context
 * @param {any} user a row
 * @returns {Promise<object>} tokens and user, in the API's format
 */
export async function startSession(context, user) {
  const { sql } = context;
  const [signedIn] = await sql('update auth.users set last_sign_in_at = now() where id = $1 returning *', [
    user.id,
  ]);
  const [session] = await sql('insert into auth.sessions (user_id) values ($1) returning *', [user.id]);
  return issue(context, signedIn, session, await addRefreshToken(sql, session.id));
}

/**
 * Exchanges a refresh token for new tokens. Each works once. A second use counts as theft and ends the session, unless
 * it comes so soon that two tabs may have refreshed at once.
 *
 * @param {Context} context
 * @param {unknown} token
 * @returns {Promise<object>} as `startSession`
 * @throws {AuthError}
 */
export async function refreshSession(context, token) {
  const { sql, settings } = context;
  const [used] = await sql(
    `update auth.refresh_tokens t set revoked_at = now()
     from auth.sessions s where t.token = $1 and t.revoked_at is null and s.id = t.session_id returning s.*`,
    [token],
  );
  if (used)
    return issue(context, await findById(sql, used.user_id), used, await addRefreshToken(sql, used.id));

  const [old] = await sql(
    `select s.*, t.revoked_at > now() - make_interval(secs => $2) as is_recent
     from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id where t.token = $1`,
    [token, settings.refreshReuseSeconds],
  );
  if (!old) {
    throw new AuthError(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
  }
  if (!old.is_recent) {
    await sql('delete from auth.sessions where id = $1', [old.id]);
    throw new AuthError(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used');
  }
  const [current] = await sql(
    'select token from auth.refresh_tokens where session_id = $1 and revoked_at is null',
    [old.id],
  );
  const user = await findById(sql, old.user_id);
  return issue(context, user, old, current?.token ?? (await addRefreshToken(sql, old.id)));
}

/**
 * @param {Sql} sql
 * @param {import('../jwt.mjs').Claims} claims of the user who signs out
 * @param {string} scope `local` ends this session, `others` the user's other ones, `global` all
 */
export async function endSessions(sql, claims, scope) {
  await sql(
    `delete from auth.sessions where user_id = $1
       and case $3 when 'local' then id = $2 when 'others' then id <> $2 else true end`,
    [claims.sub, claims.session_id, scope],
  );
}

/** @param {Sql} sql @param {string} sessionId */
async function addRefreshToken(sql, sessionId) {
  const token = randomBytes(12).toString('base64url');
  await sql('insert into auth.refresh_tokens (token, session_id) values ($1, $2)', [token, sessionId]);
  return token;
}

/** @param {Context} context @param {any} user @param {any} session @param {string} refreshToken */
function issue({ settings, jwtSecret, issuer }, user, session, refreshToken) {
  const now = Math.floor(Date.now() / 1000);
  const expires = now + settings.tokenSeconds;
  const claims = {
    iss: issuer(),
    sub: user.id,
    aud: user.aud,
    exp: expires,
    iat: now,
    email: user.email,
    phone: '',
    app_metadata: user.raw_app_meta_data,
    user_metadata: user.raw_user_meta_data,
    role: user.role,
    aal: 'aal1',
    amr: [{ method: 'password', timestamp: Math.floor(Date.parse(session.created_at) / 1000) }],
    session_id: session.id,
    is_anonymous: false,
  };
  return {
    access_token: signJwt(claims, jwtSecret),
    token_type: 'bearer',
    expires_in: settings.tokenSeconds,
    expires_at: expires,
    refresh_token: refreshToken,
    user: publicUser(user),
  };
}
