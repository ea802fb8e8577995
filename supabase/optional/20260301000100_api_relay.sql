-- The database side of the edge function api-relay (supabase/functions/api-relay): limits per user, an audit row per
-- call, and keys that only a server can read. Additive and repeatable. undo_api_relay.sql removes it.
--
-- Requires encrypted API keys. Browsers can no longer reveal a key: `db.revealApiKey` is refused, and `db.callService`
-- replaces it.

do $$
begin
  if to_regprocedure('public.reveal_api_key(uuid)') is null
    or to_regprocedure('workflow_secrets.encryption_key()') is null
  then
    raise exception 'The API relay needs encrypted API keys: '
      'run supabase/optional/20260101001000_encrypted_api_keys.sql first';
  end if;
end
$$;

-- PostgREST does not expose this schema. Only the functions below use it.
create schema if not exists workflow_relay;
revoke all on schema workflow_relay from public, anon, authenticated, service_role;

-- The calls that count towards a user's limits: calls in progress, and calls that started within the last minute.
create table if not exists workflow_relay.calls (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles on delete cascade,
  api_key_id uuid not null,
  service_name text not null,
  method text not null,
  path text not null,
  started_at timestamptz not null,
  -- When the call counts as ended even if the relay never reported its end.
  expires_at timestamptz not null,
  finished_at timestamptz
);
create index if not exists calls_user_id_started_at_idx on workflow_relay.calls (user_id, started_at);
alter table workflow_relay.calls enable row level security;
revoke all on workflow_relay.calls from public, anon, authenticated, service_role;

-- Writes the audit row of a call. The client may send headers that cannot be parsed.
create or replace function workflow_relay.log_call(p_call workflow_relay.calls, p_result jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  headers jsonb;
  address inet;
begin
  begin
    headers := nullif(current_setting('request.headers', true), '')::jsonb;
    address := nullif(trim(split_part(headers ->> 'x-forwarded-for', ',', 1)), '')::inet;
  exception when others then
    address := null;
  end;
  insert into public.audit_logs (user_id, action, resource_type, resource_id, details, ip_address, user_agent)
  select
    p_call.user_id, 'api_key_used', 'api_key', p_call.api_key_id,
    jsonb_build_object('service_name', p_call.service_name, 'method', p_call.method, 'path', p_call.path) || p_result,
    address, left(headers ->> 'user-agent', 1000)
  -- The account may have been deleted during the call.
  where exists (select from public.user_profiles u where u.id = p_call.user_id);
end
$$;

-- Admits a call, or says which limit is exceeded and for how many seconds. For an admitted call, the result contains
-- the secret.
--
-- Calls of one user are admitted one after the other, so that two calls cannot both take the last free slot. The key
-- must be active and belong to the user; `reveal_api_key` records that it was read.
create or replace function public.begin_api_relay_call(
  p_user_id uuid,
  p_service text,
  p_method text,
  p_path text,
  p_max_concurrent integer,
  p_max_per_minute integer,
  p_lease_seconds integer
)
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  window_length constant interval := '1 minute';
  moment timestamptz;
  lapsed workflow_relay.calls;
  recent integer;
  leaves_window_at timestamptz;
  key public.api_keys;
  call_id uuid;
begin
  perform pg_advisory_xact_lock(hashtextextended('workflow_relay:' || p_user_id, 0));
  moment := clock_timestamp();

  for lapsed in
    update workflow_relay.calls c set finished_at = moment
    where c.user_id = p_user_id and c.finished_at is null and c.expires_at <= moment
    returning *
  loop
    perform workflow_relay.log_call(lapsed, '{"status": null, "outcome": "unknown"}');
  end loop;
  delete from workflow_relay.calls c
  where c.user_id = p_user_id and c.finished_at is not null and c.started_at <= moment - window_length;

  if (
    select count(*) from workflow_relay.calls c where c.user_id = p_user_id and c.finished_at is null
  ) >= p_max_concurrent then
    return jsonb_build_object('limit', 'concurrent', 'retry_after', 1);
  end if;
  select count(*) into recent
  from workflow_relay.calls c where c.user_id = p_user_id and c.started_at > moment - window_length;
  if recent >= p_max_per_minute then
    select c.started_at + window_length into leaves_window_at
    from workflow_relay.calls c
    where c.user_id = p_user_id and c.started_at > moment - window_length
    order by c.started_at
    offset recent - p_max_per_minute limit 1;
    return jsonb_build_object(
      'limit', 'per_minute',
      'retry_after', greatest(1, ceil(extract(epoch from leaves_window_at - moment)))
    );
  end if;

  select * into key from public.api_keys k
  where k.user_id = p_user_id and k.service_name = p_service and k.is_active;
  if not found then
    raise sqlstate 'PT404' using message = 'There is no active API key for this service';
  end if;
  insert into workflow_relay.calls (user_id, api_key_id, service_name, method, path, started_at, expires_at)
  values (
    p_user_id, key.id, p_service, left(p_method, 10), left(p_path, 1000),
    moment, moment + make_interval(secs => p_lease_seconds)
  )
  returning id into call_id;
  return jsonb_build_object(
    'call_id', call_id, 'secret', public.reveal_api_key(key.id), 'gateway_endpoint', key.gateway_endpoint
  );
end
$$;

-- Ends a call and writes its audit row. A repeated call does nothing.
create or replace function public.finish_api_relay_call(
  p_call_id uuid,
  p_status integer,
  p_outcome text,
  p_duration_ms integer,
  p_request_bytes bigint,
  p_response_bytes bigint
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  ended workflow_relay.calls;
begin
  update workflow_relay.calls c set finished_at = clock_timestamp()
  where c.id = p_call_id and c.finished_at is null
  returning * into ended;
  if found then
    perform workflow_relay.log_call(ended, jsonb_build_object(
      'status', p_status, 'outcome', p_outcome, 'duration_ms', p_duration_ms,
      'request_bytes', p_request_bytes, 'response_bytes', p_response_bytes
    ));
  end if;
end
$$;

do $$
declare
  internal regprocedure;
begin
  -- By default, Postgres lets every role call a new function.
  for internal in
    select p.oid::regprocedure from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'workflow_relay'
      or (n.nspname = 'public' and p.proname in ('begin_api_relay_call', 'finish_api_relay_call', 'reveal_api_key'))
  loop
    execute format('revoke execute on function %s from public, anon, authenticated, service_role', internal);
  end loop;
  grant execute on function
    public.begin_api_relay_call(uuid, text, text, text, integer, integer, integer),
    public.finish_api_relay_call(uuid, integer, text, integer, bigint, bigint),
    public.reveal_api_key(uuid)
  to service_role;
end
$$;

notify pgrst, 'reload schema';
