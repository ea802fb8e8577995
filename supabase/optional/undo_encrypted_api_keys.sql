-- Reverts encrypted_api_keys.sql: stores every secret in plain text again. Repeatable.
--
-- The encryption key stays: backups made in the meantime need it, and encrypted_api_keys.sql uses it again.

drop trigger if exists encrypt_api_key on public.api_keys;

do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'public.api_keys'::regclass and attname = 'key_format' and not attisdropped
  ) then
    return;
  end if;
  if exists (
    select from public.api_keys k
    where k.key_format = 'pgp' and workflow_secrets.opened(k.encrypted_key, k.user_id) is null
  ) then
    raise exception 'An API key was encrypted with a key that no longer exists: delete it, or restore that key';
  end if;
  update public.api_keys k
  set encrypted_key = workflow_secrets.opened(k.encrypted_key, k.user_id), key_format = 'plain'
  where k.key_format = 'pgp';
  alter table public.api_keys drop column key_format;
end
$$;

drop function if exists public.store_api_key(uuid, text, text, jsonb);
drop function if exists public.reveal_api_key(uuid);
drop function if exists workflow_private.api_key_holds(uuid, text);
drop function if exists workflow_secrets.encrypt_api_key();
drop function if exists workflow_secrets.opened(text, uuid);
drop function if exists workflow_secrets.sealed(text, uuid);
drop function if exists workflow_secrets.encryption_key();

notify pgrst, 'reload schema';
