-- Keeps a profile's email equal to the address of its account: users cannot change it, and a new account address is
-- copied to the profile. Repeatable.
--
-- The column is unique, but two accounts may share an address (single sign-on) or have none (phone, anonymous). The
-- column of an account without an address of its own contains the account's id.

create schema if not exists workflow_private;

create or replace function workflow_private.profile_email(p_user_id uuid, p_address text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when nullif(p_address, '') is null
      or exists (select from public.user_profiles p where p.email = p_address and p.id <> p_user_id)
    then p_user_id::text
    else p_address
  end
$$;

-- Security definer: the auth service, which inserts the user, has no rights in `public`.
create or replace function public.create_user_profile()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  profile public.user_profiles;
begin
  profile.id := new.id;
  profile.email := workflow_private.profile_email(new.id, new.email);
  profile.full_name := coalesce(new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'name');
  profile.avatar_url := coalesce(new.raw_user_meta_data ->> 'avatar_url', new.raw_user_meta_data ->> 'picture');

  insert into public.user_profiles (id, email, full_name, avatar_url)
  values (profile.id, profile.email, profile.full_name, profile.avatar_url)
  on conflict do nothing;
  if not found then
    -- An account that signed up at the same time took the address, or the profile already exists.
    insert into public.user_profiles (id, email, full_name, avatar_url)
    values (profile.id, profile.id::text, profile.full_name, profile.avatar_url)
    on conflict (id) do nothing;
  end if;
  return null;
end
$$;

create or replace trigger create_user_profile
  after insert on auth.users
  for each row execute function public.create_user_profile();

-- Security definer: as above.
create or replace function workflow_private.follow_account_email()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.user_profiles p
  set email = workflow_private.profile_email(new.id, new.email),
      updated_at = greatest(clock_timestamp() at time zone 'utc', p.updated_at + interval '1 microsecond')
  where p.id = new.id;
  return null;
exception when unique_violation then
  -- Another account took the address at the same time.
  update public.user_profiles p
  set email = new.id::text,
      updated_at = greatest(clock_timestamp() at time zone 'utc', p.updated_at + interval '1 microsecond')
  where p.id = new.id;
  return null;
end
$$;

create or replace trigger follow_account_email
  after update on auth.users
  for each row when (new.email is distinct from old.email)
  execute function workflow_private.follow_account_email();

-- Security definer: users have no rights in `auth`. The triggers' conditions are evaluated as the writer;
-- row_security_active is false for service_role and the owner of the table.
create or replace function workflow_private.keep_account_email()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  address text;
begin
  select u.email into address from auth.users u where u.id = new.id;
  if not found then
    -- The foreign key refuses the row.
    return new;
  end if;
  if tg_op = 'INSERT' then
    -- Regardless of what was sent: a result that depended on it would reveal the addresses of other accounts.
    new.email := workflow_private.profile_email(new.id, address);
  elsif new.email is distinct from address then
    raise insufficient_privilege using
      message = 'email: expected the address of the account',
      hint = 'Change the address of the account, which the profile follows.';
  end if;
  return new;
end
$$;

create or replace trigger keep_account_email_on_insert
  before insert on public.user_profiles
  for each row when (row_security_active('public.user_profiles'::regclass))
  execute function workflow_private.keep_account_email();
create or replace trigger keep_account_email_on_update
  before update on public.user_profiles
  for each row when (new.email is distinct from old.email and row_security_active('public.user_profiles'::regclass))
  execute function workflow_private.keep_account_email();

-- A role that may execute a trigger function can attach it to a table of its own and so choose the rows it receives.
revoke execute on function public.create_user_profile() from public, anon, authenticated, service_role;
revoke execute on function workflow_private.profile_email(uuid, text) from public, anon, authenticated, service_role;
revoke execute on function workflow_private.follow_account_email() from public, anon, authenticated, service_role;
revoke execute on function workflow_private.keep_account_email() from public, anon, authenticated, service_role;

-- Existing accounts: first create missing profiles, then remove addresses that do not belong to the account, then
-- assign each address to the oldest account that has it.
insert into public.user_profiles (id, email, full_name, avatar_url)
select
  u.id,
  u.id::text,
  coalesce(u.raw_user_meta_data ->> 'full_name', u.raw_user_meta_data ->> 'name'),
  coalesce(u.raw_user_meta_data ->> 'avatar_url', u.raw_user_meta_data ->> 'picture')
from auth.users u
on conflict do nothing;

update public.user_profiles p
set email = p.id::text,
    updated_at = greatest(clock_timestamp() at time zone 'utc', p.updated_at + interval '1 microsecond')
from auth.users u
where u.id = p.id and p.email is distinct from nullif(u.email, '') and p.email <> p.id::text;

update public.user_profiles p
set email = first.email,
    updated_at = greatest(clock_timestamp() at time zone 'utc', p.updated_at + interval '1 microsecond')
from (
  select distinct on (u.email) u.id, u.email from auth.users u where u.email <> '' order by u.email, u.created_at, u.id
) as first
where p.id = first.id
  and p.email = p.id::text
  and not exists (select from public.user_profiles other where other.email = first.email);
