-- Gives every auth user the user_profiles row that all other tables refer to: a trigger creates it for new users, and
-- the backfill at the end for existing ones. Repeatable; an existing profile never changes. profile_emails replaces the
-- function.

-- Security definer: the auth service, which inserts the user, has no rights in `public`.
create or replace function public.create_user_profile()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.user_profiles (id, email, full_name, avatar_url)
  values (
    new.id,
    -- The address must be unique even for a user who has none (phone, anonymous), and for one whose address another
    -- profile took by editing its own. A sign-up must not fail because of that.
    case
      when new.email is null or exists (select from public.user_profiles p where p.email = new.email)
      then new.id::text
      else new.email
    end,
    coalesce(new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'name'),
    coalesce(new.raw_user_meta_data ->> 'avatar_url', new.raw_user_meta_data ->> 'picture')
  )
  on conflict (id) do nothing;
  return null;
end
$$;

revoke execute on function public.create_user_profile() from public, anon, authenticated;

create or replace trigger create_user_profile
  after insert on auth.users
  for each row execute function public.create_user_profile();

-- Accounts may share an address (single sign-on): the oldest gets it in its profile, the others get their id.
insert into public.user_profiles (id, email, full_name, avatar_url)
select
  u.id,
  case when nullif(u.email, '') is null or u.place > 1 or p.id is not null then u.id::text else u.email end,
  coalesce(u.raw_user_meta_data ->> 'full_name', u.raw_user_meta_data ->> 'name'),
  coalesce(u.raw_user_meta_data ->> 'avatar_url', u.raw_user_meta_data ->> 'picture')
from (
  select a.*, row_number() over (partition by a.email order by a.created_at, a.id) as place
  from auth.users a
  where not exists (select from public.user_profiles p where p.id = a.id)
) as u
left join public.user_profiles p on p.email = u.email
on conflict (id) do nothing;
