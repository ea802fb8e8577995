// @ts-check
import { AuthError } from './replies.mjs';

/** @typedef {import('../sql.mjs').Sql} Sql */

const MIN_PASSWORD_LENGTH = 6;

/**
 * Adds a user, as on sign-up.
 *
 * @param {Sql} sql
 * @param {{ email?: unknown, password?: unknown, data?: unknown }} given
 * @returns {Promise<any>} the row
 * @throws {AuthError}
 */
export async function createUser(sql, { email, password, data }) {
  if (typeof email !== 'string' || email === '') {
    throw new AuthError(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
  }
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new AuthError(400, 'validation_failed', 'Unable to validate email address: invalid format');
  }
  if (typeof password !== 'string' || password === '') {
    throw new AuthError(400, 'validation_failed', 'Signup requires a valid password');
  }
  if (password.length < MIN_PASSWORD_LENGTH) {
    const message = `Password should be at least ${MIN_PASSWORD_LENGTH} characters.`;
    throw new AuthError(422, 'weak_password', message, { weak_password: { reasons: ['length'] } });
  }
  const [user] = await sql(
    `insert into auth.users (email, encrypted_password, raw_user_meta_data)
     values (lower($1), extensions.crypt($2, extensions.gen_salt('bf')), $3)
     on conflict (email) do nothing
     returning *`,
    [email, password, JSON.stringify(data ?? {})],
  );
  if (!user) throw new AuthError(422, 'user_already_exists', 'User already registered');
  return user;
}

/**
 * @param {Sql} sql
 * @param {{ email?: unknown, password?: unknown }} given
 * @returns {Promise<any>} the row
 * @throws {AuthError} the same for an unknown address and a wrong password
 */
export async function findByPassword(sql, { email, password }) {
  const [user] = await sql(
    `select * from auth.users
     where email = lower($1) and encrypted_password = extensions.crypt($2, encrypted_password)`,
    [String(email ?? ''), String(password ?? '')],
  );
  if (!user) throw new AuthError(400, 'invalid_credentials', 'Invalid login credentials');
  return user;
}

/** @param {Sql} sql @param {unknown} id @returns {Promise<any>} the row, or undefined */
export async function findById(sql, id) {
  const [user] = await sql('select * from auth.users where id = $1', [id]);
  return user;
}

/**
 * Merges new metadata into the user's metadata.
 *
 * @param {Sql} sql
 * @param {any} user a row
 * @param {{ data?: unknown }} given
 * @returns {Promise<any>} the row
 */
export async function updateUser(sql, user, { data }) {
  const [updated] = await sql(
    `update auth.users set raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || $2, updated_at = now()
     where id = $1 returning *`,
    [user.id, JSON.stringify(data ?? {})],
  );
  return updated;
}

/**
 * A user in the API's format.
 *
 * @param {any} user a row
 */
export function publicUser(user) {
  return {
    id: user.id,
    aud: user.aud,
    role: user.role,
    email: user.email,
    email_confirmed_at: isoTime(user.email_confirmed_at),
    phone: '',
    confirmed_at: isoTime(user.email_confirmed_at),
    last_sign_in_at: isoTime(user.last_sign_in_at),
    app_metadata: user.raw_app_meta_data,
    user_metadata: user.raw_user_meta_data,
    identities: [],
    created_at: isoTime(user.created_at),
    updated_at: isoTime(user.updated_at),
    is_anonymous: false,
  };
}

/** @param {string | null} time as Postgres writes it */
function isoTime(time) {
  return time === null ? undefined : new Date(time).toISOString();
}
