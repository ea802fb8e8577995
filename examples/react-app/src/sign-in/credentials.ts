import { supabase } from '../data/client';

export interface Credentials {
  email: string;
  password: string;
}

export async function signIn(credentials: Credentials): Promise<void> {
  const { error } = await supabase.auth.signInWithPassword(credentials);
  if (error !== null) throw error;
}

/** Resolves to whether the address must be confirmed first. */
export async function signUp({ email, password }: Credentials): Promise<{ mustConfirm: boolean }> {
  const emailRedirectTo = window.location.origin + window.location.pathname;
  const { data, error } = await supabase.auth.signUp({ email, password, options: { emailRedirectTo } });
  if (error !== null) throw error;
  return { mustConfirm: data.session === null };
}
