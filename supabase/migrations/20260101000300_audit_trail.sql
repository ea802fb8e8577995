-- Records every insert, update and delete on the audited tables in audit_logs. Repeatable. audit_large_rows replaces
-- the function.
--
-- details: {new} for an insert, {old} for a delete, {old, new, changes} for an update. `changes` contains the new value
-- of each changed column. Encrypted columns appear as "[REDACTED]" in all three, but a change is still listed in
-- `changes`.
--
-- An audit row never blocks the write it describes: any error here becomes a warning.

-- Security definer: only this function may write audit_logs.
create or replace function public.write_audit_log()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  -- The name of a row of this table, as in `workflow_created`; an argument of the trigger.
  resource constant text := tg_argv[0];
  secret_columns constant text[] := array['encrypted_key', 'encrypted_token'];
  before_row jsonb;
  after_row jsonb;
  changes jsonb;
  details jsonb := '{}';
  headers jsonb;
  address inet;
  secret text;
begin
  if tg_op <> 'INSERT' then
    before_row := to_jsonb(old);
  end if;
  if tg_op <> 'DELETE' then
    after_row := to_jsonb(new);
  end if;
  if tg_op = 'UPDATE' then
    select coalesce(jsonb_object_agg(a.key, a.value), '{}') into changes
    from jsonb_each(after_row) a
    where a.value is distinct from before_row -> a.key;
  end if;

  -- Redact only now, so that a replaced secret still counts as a change.
  foreach secret in array secret_columns loop
    if before_row ? secret then
      before_row := before_row || jsonb_build_object(secret, '[REDACTED]');
    end if;
    if after_row ? secret then
      after_row := after_row || jsonb_build_object(secret, '[REDACTED]');
    end if;
    if changes ? secret then
      changes := changes || jsonb_build_object(secret, '[REDACTED]');
    end if;
  end loop;

  if before_row is not null then
    details := details || jsonb_build_object('old', before_row);
  end if;
  if after_row is not null then
    details := details || jsonb_build_object('new', after_row);
  end if;
  if changes is not null then
    details := details || jsonb_build_object('changes', changes);
  end if;

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
    details,
    address,
    headers ->> 'user-agent'
  from public.user_profiles p
  where p.id = (coalesce(after_row, before_row) ->> 'user_id')::uuid;

  return null;
exception when others then
  raise warning 'no audit row for % on %: %', tg_op, tg_table_name, sqlstate;
  return null;
end
$$;

revoke execute on function public.write_audit_log() from public, anon, authenticated;

create or replace trigger write_audit_log
  after insert or update or delete on public.workflows
  for each row execute function public.write_audit_log('workflow');
create or replace trigger write_audit_log
  after insert or update or delete on public.api_keys
  for each row execute function public.write_audit_log('api_key');
create or replace trigger write_audit_log
  after insert or update or delete on public.workflow_executions
  for each row execute function public.write_audit_log('workflow_execution');
create or replace trigger write_audit_log
  after insert or update or delete on public.brand_settings
  for each row execute function public.write_audit_log('brand_settings');
create or replace trigger write_audit_log
  after insert or update or delete on public.account_settings
  for each row execute function public.write_audit_log('account_settings');
create or replace trigger write_audit_log
  after insert or update or delete on public.integrations
  for each row execute function public.write_audit_log('integration');
