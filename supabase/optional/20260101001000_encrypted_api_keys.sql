-- Optional: encrypts api_keys.encrypted_key at rest. `supabase db push` does not run this file: copy it to your
-- supabase/migrations, or run it in the SQL editor. Encrypts existing plain-text keys too. Repeatable, also on a
-- database in use. undo_encrypted_api_keys.sql reverts it.
--
-- Secrets are encrypted by pgcrypto (OpenPGP, AES-256) with a key that never leaves the server: it is stored in
-- Supabase Vault if that extension exists, otherwise in a table that no API role can access. The owner's id is
-- encrypted with the secret, so one user's ciphertext, for example from a leaked backup, is useless in another user's
-- row.
--
-- From here on a trigger encrypts everything written to the column. Only its owner gets the secret back, through
-- reveal_api_key, which adds a row to audit_logs. Run `vacuum full public.api_keys` afterwards: until then the disk
-- still contains the old rows, as older backups always will.

do $$
begin
  if not exists (select from pg_catalog.pg_extension where extname = 'pgcrypto') then
    create schema if not exists extensions;
    create extension pgcrypto with schema extensions;
  end if;
end
$$;

-- PostgREST does not expose this schema, and only its owner may use it.
create schema if not exists workflow_secrets;
revoke all on schema workflow_secrets from public, anon, authenticated, service_role;

-- Used if there is no Vault.
create table if not exists workflow_secrets.keys (name text primary key, value text not null);
alter table workflow_secrets.keys enable row level security;
revoke all on workflow_secrets.keys from public, anon, authenticated, service_role;

-- Distinguishes ciphertext from earlier values. The trigger below sets it, regardless of what a client sends.
do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'public.api_keys'::regclass and attname = 'key_format' and not attisdropped
  ) then
    alter table public.api_keys
      add column key_format text not null default 'plain'
      constraint api_keys_key_format_check check (key_format in ('plain', 'pgp'));
  end if;
end
$$;

-- Creates the key once. If the database got Vault later, moves the key there.
do $$
declare
  vault_name constant text := 'workflow_db_api_keys';
  key text;
  key_in_vault text;
begin
  -- Concurrent runs create only one key.
  lock table workflow_secrets.keys in exclusive mode;
  select k.value into key from workflow_secrets.keys k where k.name = 'api_keys';
  if to_regclass('vault.decrypted_secrets') is not null then
    execute 'select s.decrypted_secret from vault.decrypted_secrets s where s.name = $1'
    into key_in_vault using vault_name;
  end if;
  if key is null and key_in_vault is null then
    if exists (select from public.api_keys where key_format = 'pgp') then
      raise exception 'The key that the API keys are encrypted with is missing: restore it before running this';
    end if;
    key := replace(gen_random_uuid() || '' || gen_random_uuid(), '-', '');
    insert into workflow_secrets.keys values ('api_keys', key);
  end if;
  if to_regclass('vault.decrypted_secrets') is not null and key_in_vault is null then
    execute 'select vault.create_secret($1, $2, $3)'
    using key, vault_name, 'Encrypts api_keys.encrypted_key. Without it those are lost.';
    execute 'select s.decrypted_secret from vault.decrypted_secrets s where s.name = $1'
    into key_in_vault using vault_name;
  end if;
  -- Not if the two differ, which happens only in a copied or restored database: its rows need the existing key.
  delete from workflow_secrets.keys k where k.name = 'api_keys' and k.value = key_in_vault;
end
$$;

create or replace function workflow_secrets.encryption_key()
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  key text;
begin
  select k.value into key from workflow_secrets.keys k where k.name = 'api_keys';
  if key is null and to_regclass('vault.decrypted_secrets') is not null then
    execute 'select s.decrypted_secret from vault.decrypted_secrets s where s.name = $1'
    into key using 'workflow_db_api_keys';
  end if;
  if key is null then
    raise sqlstate 'PT501' using message = 'The key that API keys are encrypted with is missing';
  end if;
  return key;
end
$$;

-- pgcrypto may be installed in any schema; only these two functions call it. The key is random, so it needs no repeated
-- hashing (s2k-mode), which protects passwords but would slow down large tables.
do $do$
declare
  pgcrypto text;
begin
  select n.nspname into pgcrypto
  from pg_catalog.pg_extension e
  join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  where e.extname = 'pgcrypto';

  execute format(
    $f$
      create or replace function workflow_secrets.sealed(p_secret text, p_user_id uuid)
      returns text
      language sql
      volatile
      set search_path = pg_catalog, pg_temp
      as $$
        select translate(
          encode(
            %1$I.pgp_sym_encrypt(
              p_user_id || ':' || p_secret, workflow_secrets.encryption_key(),
              'cipher-algo=aes256, s2k-mode=1, s2k-digest-algo=sha256'
            ),
            'base64'
          ),
          E'\n', ''
        )
      $$;

      -- The secret in a ciphertext of this user; null for anything else.
      create or replace function workflow_secrets.opened(p_sealed text, p_user_id uuid)
      returns text
      language plpgsql
      stable
      set search_path = pg_catalog, pg_temp
      as $$
      declare
        -- Outside the block below, so that a missing key is not mistaken for invalid ciphertext.
        key constant text := workflow_secrets.encryption_key();
        owner constant text := p_user_id || ':';
        opened text;
      begin
        begin
          opened := %1$I.pgp_sym_decrypt(decode(p_sealed, 'base64'), key);
        exception when others then
          return null;
        end;
        return case when starts_with(opened, owner) then substr(opened, length(owner) + 1) end;
      end
      $$;
    $f$,
    pgcrypto
  );
end
$do$;

-- Security definer: no API role may read the key.
create or replace function workflow_secrets.encrypt_api_key()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  secret text := new.encrypted_key;
begin
  if tg_op = 'UPDATE' and old.key_format = 'pgp' and new.encrypted_key = old.encrypted_key then
    new.key_format := 'pgp';
    if new.user_id = old.user_id then
      return new;
    end if;
    secret := workflow_secrets.opened(old.encrypted_key, old.user_id);
  elsif workflow_secrets.opened(secret, new.user_id) is not null then
    -- Already encrypted: by the insert that an upsert starts with, or because a row that was read is written back.
    new.key_format := 'pgp';
    return new;
  end if;
  new.encrypted_key := workflow_secrets.sealed(secret, new.user_id);
  new.key_format := 'pgp';
  return new;
end
$$;

create or replace trigger encrypt_api_key
  before insert or update on public.api_keys
  for each row execute function workflow_secrets.encrypt_api_key();

-- Encrypts existing keys, including rows written since the column was added: the trigger does the work.
update public.api_keys set key_format = 'plain' where key_format = 'plain';

-- Runs with the caller's rights: row security decides which users' keys may be written. Returns the row without its
-- secret.
create or replace function public.store_api_key(
  p_user_id uuid,
  p_service_name text,
  p_secret text,
  p_options jsonb default '{}'
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  given public.api_keys := jsonb_populate_record(
    null::public.api_keys, '{"is_master_key": false, "is_active": true}'::jsonb || p_options
  );
  stored public.api_keys;
begin
  insert into public.api_keys as k
    (user_id, service_name, encrypted_key, is_master_key, gateway_type, gateway_endpoint, is_active)
  values (
    p_user_id, p_service_name, p_secret,
    given.is_master_key, given.gateway_type, given.gateway_endpoint, given.is_active
  )
  on conflict (user_id, service_name) do update
  set encrypted_key = excluded.encrypted_key,
      is_master_key = case when p_options ? 'is_master_key' then excluded.is_master_key else k.is_master_key end,
      gateway_type = case when p_options ? 'gateway_type' then excluded.gateway_type else k.gateway_type end,
      gateway_endpoint =
        case when p_options ? 'gateway_endpoint' then excluded.gateway_endpoint else k.gateway_endpoint end,
      is_active = case when p_options ? 'is_active' then excluded.is_active else k.is_active end,
      updated_at = greatest(clock_timestamp() at time zone 'utc', k.updated_at + interval '1 microsecond')
  returning * into stored;
  return to_jsonb(stored) - 'key_format' || jsonb_build_object('encrypted_key', '[REDACTED]');
end
$$;

-- Checks the owner here, because row security does not apply. A server with the service key, such as an API relay,
-- may reveal any key. Revealing a key fails unless it is recorded.
create or replace function public.reveal_api_key(p_id uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  stored public.api_keys;
  secret text;
  headers jsonb;
  address inet;
begin
  select * into stored from public.api_keys k
  where k.id = p_id and (k.user_id = auth.uid() or auth.jwt() ->> 'role' = 'service_role');
  if not found then
    raise sqlstate 'PT404' using message = 'No such row in api_keys';
  end if;
  secret := workflow_secrets.opened(stored.encrypted_key, stored.user_id);
  if secret is null then
    raise sqlstate 'PT501' using message = 'The API key was encrypted with a key that no longer exists';
  end if;

  -- The client may send headers that cannot be parsed.
  begin
    headers := nullif(current_setting('request.headers', true), '')::jsonb;
    address := nullif(trim(split_part(headers ->> 'x-forwarded-for', ',', 1)), '')::inet;
  exception when others then
    address := null;
  end;
  insert into public.audit_logs (user_id, action, resource_type, resource_id, details, ip_address, user_agent)
  values (
    stored.user_id, 'api_key_revealed', 'api_key', stored.id,
    jsonb_build_object('service_name', stored.service_name), address, left(headers ->> 'user-agent', 1000)
  );
  return secret;
end
$$;

-- For batch_save_api_keys, which must distinguish its own retry from another key. Checks the owner as reveal_api_key
-- does.
create schema if not exists workflow_private;
grant usage on schema workflow_private to authenticated, service_role;

create or replace function workflow_private.api_key_holds(p_id uuid, p_secret text)
returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from public.api_keys k
    where k.id = p_id
      and (k.user_id = auth.uid() or auth.jwt() ->> 'role' = 'service_role')
      and workflow_secrets.opened(k.encrypted_key, k.user_id) = p_secret
  )
$$;

do $$
declare
  of_schema record;
begin
  -- By default, Postgres lets every role call a new function.
  for of_schema in
    select p.oid::regprocedure as signature, n.nspname = 'workflow_secrets' as is_internal
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'workflow_secrets'
      or (n.nspname = 'workflow_private' and p.proname = 'api_key_holds')
      or (n.nspname = 'public' and p.proname in ('store_api_key', 'reveal_api_key'))
  loop
    execute format('revoke execute on function %s from public, anon, authenticated, service_role', of_schema.signature);
    if not of_schema.is_internal then
      execute format('grant execute on function %s to service_role', of_schema.signature);
      -- With the API relay, browsers must not reveal keys: running this file again must not allow it.
      if of_schema.signature <> 'public.reveal_api_key(uuid)'::regprocedure
        or to_regnamespace('workflow_relay') is null
      then
        execute format('grant execute on function %s to authenticated', of_schema.signature);
      end if;
    end if;
  end loop;
end
$$;

notify pgrst, 'reload schema';
