-- Truncates large values in the audit trail. Until now, an entry whose details exceeded the limit of jsonb (256 MB) was
-- omitted, and a small change to a large row took as long as writing the row several times. Repeatable.
--
-- A value of more than 20,000 bytes appears as the first 3,000 characters of its text and `…`. A row that is too large
-- for jsonb as a whole appears as its id and user_id.

create schema if not exists workflow_private;

-- A column's value in the form that the audit trail stores.
create or replace function workflow_private.audited_value(p_column text, p_value jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when p_column in ('encrypted_key', 'encrypted_token') then '"[REDACTED]"'
    when pg_column_size(p_value) > 20000 then to_jsonb(left(p_value #>> '{}', 3000) || '…')
    else p_value
  end
$$;

-- Security definer: only this function may write audit_logs. An audit row never blocks the write it describes: any
-- error here becomes a warning.
create or replace function public.write_audit_log()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- The name of a row of this table, as in `workflow_created`; an argument of the trigger.
  resource constant text := tg_argv[0];
  before_row jsonb;
  after_row jsonb;
  changes jsonb;
  headers jsonb;
  address inet;
begin
  begin
    -- Compare before values are truncated or redacted.
    select
      jsonb_object_agg(key, workflow_private.audited_value(key, b.value)) filter (where b.value is not null),
      jsonb_object_agg(key, workflow_private.audited_value(key, a.value)) filter (where a.value is not null),
      jsonb_object_agg(key, workflow_private.audited_value(key, a.value)) filter (where a.value <> b.value)
    into before_row, after_row, changes
    from jsonb_each(to_jsonb(old)) as b
    full join jsonb_each(to_jsonb(new)) as a using (key);
  exception when others then
    -- Too large for jsonb.
    before_row := case when tg_op <> 'INSERT' then jsonb_build_object('id', old.id, 'user_id', old.user_id) end;
    after_row := case when tg_op <> 'DELETE' then jsonb_build_object('id', new.id, 'user_id', new.user_id) end;
  end;

  -- Set by PostgREST; absent for other writes. The client may send headers that cannot be parsed.
  begin
    headers := nullif(current_setting('request.headers', true), '')::jsonb;
    address := nullif(trim(split_part(headers ->> 'x-forwarded-for', ',', 1)), '')::inet;
  exception when others then
    address := null;
  end;

  -- Deleting an account fires this trigger after the profile is gone: the row then has no owner.
  insert into public.audit_logs (user_id, action, resource_type, resource_id, details, ip_address, user_agent)
  select
    p.id,
    resource || case tg_op when 'INSERT' then '_created' when 'UPDATE' then '_updated' else '_deleted' end,
    resource,
    coalesce(after_row, before_row) ->> 'id',
    case tg_op
      when 'INSERT' then jsonb_build_object('new', after_row)
      when 'DELETE' then jsonb_build_object('old', before_row)
      else jsonb_build_object('old', before_row, 'new', after_row, 'changes', coalesce(changes, '{}'))
    end,
    address,
    left(headers ->> 'user-agent', 1000)
  from public.user_profiles p
  where p.id = (coalesce(after_row, before_row) ->> 'user_id')::uuid;

  return null;
exception when others then
  raise warning 'no audit row for % on %: %', tg_op, tg_table_name, sqlstate;
  return null;
end
$$;

-- A role that may execute a trigger function can attach it to a table of its own and so choose what it records.
revoke execute on function public.write_audit_log() from public, anon, authenticated, service_role;
revoke execute on function workflow_private.audited_value(text, jsonb) from public, anon, authenticated, service_role;
