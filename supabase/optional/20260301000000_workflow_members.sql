-- Optional: lets users share workflows by inviting other people as editors or viewers. `supabase db push` does not run
-- this file: copy it to your supabase/migrations, or run it in the SQL editor. Additive and repeatable, also on a
-- database in use. undo_workflow_members.sql removes it.
--
-- Your own policies may use two functions, which refer to the signed-in user:
--   workflow_private.workflow_role(workflow_id uuid) returns text: 'owner', 'editor', 'viewer' or null;
--   workflow_private.workflows_as(variadic roles text[]) returns setof uuid: the workflows in which the user has one of
--   these roles. `workflow_id in (select workflow_private.workflows_as('owner', 'editor'))` is evaluated once per statement.
--
-- |                                                  | owner | editor | viewer | invited              | others          |
-- |--------------------------------------------------|-------|--------|--------|----------------------|-----------------|
-- | read the workflow, its nodes and its connections | yes   | yes    | yes    | its name and inviter | public workflow |
-- | change its name, description, nodes, connections | yes   | yes    |        |                      |                 |
-- | run it, under their own user_id                  | yes   | yes    |        |                      | public workflow |
-- | read every run                                   | yes   | yes    | yes    |                      |                 |
-- | archive, delete, publish; invite, manage members | yes   |        |        |                      |                 |
-- | leave, or decline                                |       | yes    | yes    | yes                  |                 |
-- | enter the room `workflow:ID` of Realtime         | yes   | yes    | yes    |                      |                 |

create schema if not exists workflow_private;
grant usage on schema workflow_private to authenticated, service_role;

create table if not exists public.workflow_members (
  id uuid primary key default gen_random_uuid(),
  workflow_id uuid not null references public.workflows (id) on delete cascade,
  -- The invited address. It stays the same if the account that accepted changes its own.
  email text not null check (email = lower(email) and email ~ '^[^\s@]+@[^\s@]+$' and length(email) <= 320),
  -- Null until the invitation is accepted, so that it does not reveal whether the address has an account.
  user_id uuid references public.user_profiles (id) on delete cascade,
  role text not null check (role in ('viewer', 'editor')),
  -- Not a foreign key: a member stays if the workflow gets another owner and the inviter's account is deleted.
  invited_by uuid not null default auth.uid(),
  created_at timestamp default (now() at time zone 'utc'),
  accepted_at timestamp,
  unique (workflow_id, email),
  check ((user_id is null) = (accepted_at is null))
);

-- Finds a user's workflows, and a user's role in a workflow.
create unique index if not exists workflow_members_user_id_workflow_id_idx
  on public.workflow_members (user_id, workflow_id) where user_id is not null;
-- Finds the invitations to an address.
create index if not exists workflow_members_email_idx on public.workflow_members (email) where user_id is null;

revoke all on public.workflow_members from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.workflow_members to authenticated, service_role;
alter table public.workflow_members enable row level security;

-- The id of the signed-in user. Security definer: policies that query these tables directly would depend on each other.

create or replace function workflow_private.workflow_role(p_workflow_id uuid)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case when w.user_id = auth.uid() then 'owner' else m.role end
  from public.workflows w
  left join public.workflow_members m on m.workflow_id = w.id and m.user_id = auth.uid()
  where w.id = p_workflow_id
$$;

create or replace function workflow_private.workflows_as(variadic p_roles text[])
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select w.id from public.workflows w where 'owner' = any(p_roles) and w.user_id = auth.uid()
  union all
  select m.workflow_id from public.workflow_members m where m.user_id = auth.uid() and m.role = any(p_roles)
$$;

-- Null for an unverified address: anyone can sign up with someone else's.
create or replace function workflow_private.verified_email()
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select lower(u.email) from auth.users u
  where u.id = auth.uid() and u.email <> '' and u.email_confirmed_at is not null
$$;

-- Permissive policies, in addition to the existing ones.
do $$
declare
  shared constant text := $r$workflow_id in (select workflow_private.workflows_as('editor', 'viewer'))$r$;
  editable constant text := $r$workflow_id in (select workflow_private.workflows_as('editor'))$r$;
  readable constant text := $r$workflow_id in (select workflow_private.workflows_as('owner', 'editor', 'viewer'))$r$;
  owned constant text := $r$workflow_id in (select workflow_private.workflows_as('owner'))$r$;
  invited constant text := 'user_id is null and email = (select workflow_private.verified_email())';
  entry record;
begin
  for entry in
    select policies.tbl, verb, policies.rule, policies.tbl || '_' || verb || '_member' as policy
    from (values
      ('workflows', 'select', replace(shared, 'workflow_id in', 'id in')),
      ('workflows', 'update', replace(editable, 'workflow_id in', 'id in')),
      ('workflow_nodes', 'select', shared),
      ('workflow_nodes', 'insert update delete', editable),
      ('workflow_connections', 'select', shared),
      ('workflow_connections', 'insert update delete', editable),
      ('workflow_executions', 'select', readable),
      ('execution_node_results', 'select',
        'exists (select from public.workflow_executions e where e.id = execution_id and e.' || readable || ')'),
      ('workflow_members', 'select', readable || ' or ' || invited),
      ('workflow_members', 'insert',
        owned || ' and invited_by = (select auth.uid()) and user_id is null and accepted_at is null'),
      ('workflow_members', 'update', owned),
      ('workflow_members', 'delete', owned || ' or user_id = (select auth.uid()) or ' || invited)
    ) as policies (tbl, verbs, rule),
    unnest(string_to_array(policies.verbs, ' ')) as verb
  loop
    execute format('drop policy if exists %I on public.%I', entry.policy, entry.tbl);
    execute format(
      'create policy %I on public.%I for %s to authenticated %s',
      entry.policy, entry.tbl, entry.verb,
      case entry.verb
        when 'insert' then format('with check (%s)', entry.rule)
        when 'update' then format('using (%s) with check (%s)', entry.rule, entry.rule)
        else format('using (%s)', entry.rule)
      end
    );
  end loop;
end
$$;

-- Checks that policies cannot make, because they do not see the previous row. The triggers run as the writer. They
-- apply to users, but not to service_role or to the owner of the tables.

create or replace function workflow_private.keep_owner_columns()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  of_editors constant text[] := array['name', 'description', 'updated_at'];
begin
  if row_security_active(tg_relid)
    and old.user_id is distinct from auth.uid()
    and to_jsonb(new) - of_editors <> to_jsonb(old) - of_editors
  then
    raise insufficient_privilege using
      message = 'An editor may change the name and the description of a workflow',
      hint = 'Only its owner archives, publishes or deletes it.';
  end if;
  return new;
end
$$;

create or replace trigger keep_owner_columns
  before update on public.workflows
  for each row execute function workflow_private.keep_owner_columns();

-- Every user may run a public workflow.
create or replace function workflow_private.refuse_runs_of_viewers()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if row_security_active(tg_relid)
    and workflow_private.workflow_role(new.workflow_id) = 'viewer'
    and not exists (select from public.workflows w where w.id = new.workflow_id and w.is_public)
  then
    raise insufficient_privilege using message = 'workflow_id: expected a workflow that the user may run';
  end if;
  return new;
end
$$;

create or replace trigger refuse_runs_of_viewers
  before insert on public.workflow_executions
  for each row execute function workflow_private.refuse_runs_of_viewers();
create or replace trigger refuse_moved_runs_of_viewers
  before update on public.workflow_executions
  for each row when (new.workflow_id is distinct from old.workflow_id)
  execute function workflow_private.refuse_runs_of_viewers();

create or replace function workflow_private.check_member()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    new.email := lower(trim(new.email));
    -- A server with the service key is no user: it invites in the name of the owner.
    if new.invited_by is null and not row_security_active(tg_relid) then
      new.invited_by := (select w.user_id from public.workflows w where w.id = new.workflow_id);
    end if;
    if row_security_active(tg_relid) and new.email = workflow_private.verified_email() then
      raise sqlstate 'PT400' using message = 'email: expected the address of another person';
    end if;
  elsif row_security_active(tg_relid) and to_jsonb(new) - 'role' <> to_jsonb(old) - 'role' then
    raise insufficient_privilege using message = 'Only the role of a member can be changed';
  end if;
  return new;
end
$$;

create or replace trigger check_member
  before insert or update on public.workflow_members
  for each row execute function workflow_private.check_member();

-- The invitations to the signed-in user, with the name of the workflow and of the inviter.
create or replace function public.workflow_invitations()
returns table (
  id uuid, workflow_id uuid, workflow_name text, role text, invited_by uuid, inviter_name text, created_at timestamp
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select m.id, m.workflow_id, w.name, m.role, m.invited_by, p.full_name, m.created_at
  from public.workflow_members m
  join public.workflows w on w.id = m.workflow_id
  left join public.user_profiles p on p.id = m.invited_by
  where m.user_id is null
    and m.email = workflow_private.verified_email()
    and w.user_id <> auth.uid()
$$;

-- Makes the signed-in user a member and returns the row. The same user may repeat the call.
create or replace function public.accept_workflow_invitation(p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  stored public.workflow_members;
begin
  select * into stored from public.workflow_members m where m.id = p_id for update;
  if stored.user_id = auth.uid() then
    return to_jsonb(stored);
  end if;
  if workflow_private.verified_email() is null then
    -- The same error whether or not there is such an invitation.
    raise insufficient_privilege using
      message = 'The email address of the account is not verified',
      hint = 'Confirm the address, then accept the invitation.';
  end if;
  if stored.id is null
    or stored.user_id is not null
    or stored.email <> workflow_private.verified_email()
    or workflow_private.workflow_role(stored.workflow_id) = 'owner'
  then
    raise sqlstate 'PT404' using message = 'No such invitation';
  end if;
  -- The user is already a member through another address: the new invitation replaces that membership.
  delete from public.workflow_members m where m.workflow_id = stored.workflow_id and m.user_id = auth.uid();
  update public.workflow_members m
  set user_id = auth.uid(), accepted_at = clock_timestamp() at time zone 'utc'
  where m.id = p_id
  returning * into stored;
  return to_jsonb(stored);
end
$$;

-- Ends the signed-in user's membership and returns the deleted rows: none if an earlier response was lost. Runs with
-- the caller's rights.
create or replace function public.leave_workflow(p_workflow_id uuid)
returns jsonb
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  with gone as (
    delete from public.workflow_members m
    where m.workflow_id = p_workflow_id and m.user_id = auth.uid()
    returning m.*
  )
  select coalesce(jsonb_agg(to_jsonb(g)), '[]') from gone g
$$;

-- Records invitations and memberships for the owner of the workflow, and for the user who accepted or left. An audit
-- row never blocks the write it describes. Security definer: only the triggers may write audit_logs.
create or replace function workflow_private.audit_member()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  before_row constant jsonb := to_jsonb(old);
  after_row constant jsonb := to_jsonb(new);
  member constant jsonb := coalesce(after_row, before_row);
  owner_id uuid;
  headers jsonb;
  address inet;
begin
  -- The client may send headers that cannot be parsed.
  begin
    headers := nullif(current_setting('request.headers', true), '')::jsonb;
    address := nullif(trim(split_part(headers ->> 'x-forwarded-for', ',', 1)), '')::inet;
  exception when others then
    address := null;
  end;
  -- If the workflow's deletion deletes the member, the workflow is already gone.
  select w.user_id into owner_id from public.workflows w where w.id = (member ->> 'workflow_id')::uuid;

  insert into public.audit_logs (user_id, action, resource_type, resource_id, details, ip_address, user_agent)
  select
    p.id,
    'workflow_member' || case tg_op when 'INSERT' then '_created' when 'UPDATE' then '_updated' else '_deleted' end,
    'workflow_member',
    member ->> 'id',
    case tg_op
      when 'INSERT' then jsonb_build_object('new', after_row)
      when 'DELETE' then jsonb_build_object('old', before_row)
      else jsonb_build_object('old', before_row, 'new', after_row, 'changes', coalesce(
        (select jsonb_object_agg(a.key, a.value) from jsonb_each(after_row) a where a.value <> before_row -> a.key), '{}'
      ))
    end,
    address,
    left(headers ->> 'user-agent', 1000)
  from public.user_profiles p
  where p.id in (coalesce(owner_id, (member ->> 'invited_by')::uuid), auth.uid());
  return null;
exception when others then
  raise warning 'no audit row for % on %: %', tg_op, tg_table_name, sqlstate;
  return null;
end
$$;

create or replace trigger audit_member
  after insert or update or delete on public.workflow_members
  for each row execute function workflow_private.audit_member();

-- A user's log contains no other user's IP address or browser: an editor's change is recorded for the owner without them.
-- auth.uid() is null for service_role and for the owner of the tables.
create or replace function workflow_private.hide_client_of_others()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.user_id <> auth.uid() then
    new.ip_address := null;
    new.user_agent := null;
  end if;
  return new;
end
$$;

create or replace trigger hide_client_of_others
  before insert on public.audit_logs
  for each row execute function workflow_private.hide_client_of_others();

-- Rooms: who may enter the private Realtime channel `workflow:ID`, see who is there and be seen. Other topics are not
-- rooms and keep their policies.
create or replace function workflow_private.may_enter_room(p_topic text)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when p_topic ~ '^workflow:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
    then workflow_private.workflow_role(substr(p_topic, 10)::uuid) is not null
    else false
  end
$$;

do $$
begin
  if to_regclass('realtime.messages') is null or to_regprocedure('realtime.topic()') is null then
    return;
  end if;
  drop policy if exists workflow_room_select_member on realtime.messages;
  create policy workflow_room_select_member on realtime.messages for select to authenticated
    using (extension in ('broadcast', 'presence') and (select workflow_private.may_enter_room(realtime.topic())));
  drop policy if exists workflow_room_insert_member on realtime.messages;
  create policy workflow_room_insert_member on realtime.messages for insert to authenticated
    with check (extension in ('broadcast', 'presence') and (select workflow_private.may_enter_room(realtime.topic())));
end
$$;

alter table public.workflow_members replica identity full;

do $$
declare
  of_members record;
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
  -- Also true for a publication of all tables, to which no table can be added.
  if not exists (
    select from pg_catalog.pg_publication_tables
    where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = 'workflow_members'
  ) then
    alter publication supabase_realtime add table public.workflow_members;
  end if;

  -- By default, Postgres lets every role call a new function.
  for of_members in
    select p.oid::regprocedure as signature, p.prorettype = 'trigger'::regtype as is_trigger
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where (n.nspname = 'workflow_private' and p.proname in (
        'workflow_role', 'workflows_as', 'verified_email', 'may_enter_room', 'keep_owner_columns',
        'refuse_runs_of_viewers', 'check_member', 'audit_member', 'hide_client_of_others'
      ))
      or (n.nspname = 'public' and p.proname in (
        'workflow_invitations', 'accept_workflow_invitation', 'leave_workflow'
      ))
  loop
    execute format('revoke execute on function %s from public, anon, authenticated, service_role', of_members.signature);
    if not of_members.is_trigger then
      execute format('grant execute on function %s to authenticated, service_role', of_members.signature);
    end if;
  end loop;
end
$$;

notify pgrst, 'reload schema';
