/** Where the project is. See `.env.example`; without it, the local stack on this machine. */
export const SUPABASE_URL = import.meta.env.VITE_SUPABASE_URL || 'http://localhost:54321';
export const SUPABASE_KEY = import.meta.env.VITE_SUPABASE_ANON_KEY || 'sb_publishable_local_stack';

/** Whether the project runs on this machine, where the demo users are. */
export const IS_LOCAL = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(SUPABASE_URL).hostname);
