/** The project's URL, see `.env.example`. Defaults to the local stack. */
export const SUPABASE_URL = import.meta.env.VITE_SUPABASE_URL || 'http://localhost:54321';
export const SUPABASE_KEY = import.meta.env.VITE_SUPABASE_ANON_KEY || 'sb_publishable_local_stack';

/** Whether this is the local stack, which has the demo users. */
export const IS_LOCAL = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(SUPABASE_URL).hostname);

/** The service that writes texts, and its model. Any service with OpenAI's API works. The local stack has a stub. */
export const TEXT_SERVICE = import.meta.env.VITE_TEXT_SERVICE || (IS_LOCAL ? 'stub' : 'openai');
export const TEXT_MODEL = import.meta.env.VITE_TEXT_MODEL || 'gpt-4o-mini';
