-- Functions that save several rows in one transaction; PostgREST exposes them under /rpc. Repeatable. concurrent_saves
-- replaces most of them, and curated_templates replaces count_template_use.
--
-- All run with the caller's rights, so row security decides as for single rows. The client generates the ids, so a
-- repeated call is harmless. Errors use PostgREST's own codes: PT400, PT404 and PT409 become the HTTP status with these
-- digits (40001 would be retried endlessly).

-- Helpers of the functions below; PostgREST does not expose this schema.
create schema if not exists workflow_private;
grant usage on schema workflow_private to authenticated;

-- A workflow with its nodes and connections, as PostgREST embeds them.
create or replace function workflow_private.workflow_as_json(p_workflow_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(w) || jsonb_build_object(
    'nodes', coalesce(
      (select jsonb_agg(to_jsonb(n) order by n.created_at, n.id)
       from public.workflow_nodes n where n.workflow_id = w.id), '[]'),
    'connections', coalesce(
      (select jsonb_agg(to_jsonb(c) order by c.created_at, c.id)
       from public.workflow_connections c where c.workflow_id = w.id), '[]')
  )
  from public.workflows w
  where w.id = p_workflow_id
$$;

-- The requested nodes as rows. Omitted members get the column's default.
create or replace function workflow_private.wanted_nodes(p_nodes jsonb)
returns table (
  place bigint, id uuid, node_type text, node_id text, label text,
  position_x float8, position_y float8, config jsonb
)
language sql
stable
set search_path = ''
as $$
  select
    e.place,
    coalesce((e.node ->> 'id')::uuid, gen_random_uuid()),
    e.node ->> 'node_type',
    e.node ->> 'node_id',
    e.node ->> 'label',
    case when e.node ? 'position_x' then (e.node ->> 'position_x')::float8 else 0 end,
    case when e.node ? 'position_y' then (e.node ->> 'position_y')::float8 else 0 end,
    case when e.node ? 'config' then nullif(e.node -> 'config', 'null') else '{}' end
  from jsonb_array_elements(p_nodes) with ordinality as e (node, place)
$$;

create or replace function workflow_private.wanted_connections(p_connections jsonb)
returns table (place bigint, id uuid, source_node_id text, target_node_id text, connection_id text)
language sql
stable
set search_path = ''
as $$
  select
    e.place,
    coalesce((e.connection ->> 'id')::uuid, gen_random_uuid()),
    e.connection ->> 'source_node_id',
    e.connection ->> 'target_node_id',
    e.connection ->> 'connection_id'
  from jsonb_array_elements(p_connections) with ordinality as e (connection, place)
$$;

-- Replaces a workflow's nodes and connections with the requested ones, and returns whether anything changed. Rows are
-- matched by node_id and connection_id; matched rows keep their id and created_at. New rows get a created_at according
-- to their position in the list, so that the order is preserved.
create or replace function workflow_private.merge_graph(
  p_workflow_id uuid,
  p_nodes jsonb,
  p_connections jsonb,
  p_now timestamp
)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  step constant interval := interval '1 microsecond';
  repeated text;
  -- The id and created_at of each removed connection, by its connection_id.
  gone_connections jsonb;
  count_of_step bigint;
  changes bigint := 0;
begin
  select w.node_id into repeated from workflow_private.wanted_nodes(p_nodes) w
  group by w.node_id having count(*) > 1 limit 1;
  if found then
    raise sqlstate 'PT400' using message = 'nodes: expected every node_id once', detail = repeated;
  end if;
  select w.connection_id into repeated from workflow_private.wanted_connections(p_connections) w
  group by w.connection_id having count(*) > 1 limit 1;
  if found then
    raise sqlstate 'PT400' using message = 'connections: expected every connection_id once', detail = repeated;
  end if;

  delete from public.workflow_nodes n
  where n.workflow_id = p_workflow_id
    and not exists (select from workflow_private.wanted_nodes(p_nodes) w where w.node_id = n.node_id);
  get diagnostics count_of_step = row_count;
  changes := changes + count_of_step;

  update public.workflow_nodes n
  set node_type = w.node_type, label = w.label, position_x = w.position_x, position_y = w.position_y,
      config = w.config, updated_at = p_now
  from workflow_private.wanted_nodes(p_nodes) w
  where n.workflow_id = p_workflow_id and n.node_id = w.node_id
    and (n.node_type, n.label, n.position_x, n.position_y, n.config)
      is distinct from (w.node_type, w.label, w.position_x, w.position_y, w.config);
  get diagnostics count_of_step = row_count;
  changes := changes + count_of_step;

  insert into public.workflow_nodes
    (id, workflow_id, node_type, node_id, label, position_x, position_y, config, created_at, updated_at)
  select w.id, p_workflow_id, w.node_type, w.node_id, w.label, w.position_x, w.position_y, w.config,
    p_now + w.place * step, p_now + w.place * step
  from workflow_private.wanted_nodes(p_nodes) w
  where not exists (
    select from public.workflow_nodes n where n.workflow_id = p_workflow_id and n.node_id = w.node_id
  );
  get diagnostics count_of_step = row_count;
  changes := changes + count_of_step;

  -- A changed connection is deleted and inserted again: two connections that swap ends would violate the unique index
  -- in between.
  with gone as (
    delete from public.workflow_connections c
    where c.workflow_id = p_workflow_id
      and not exists (
        select from workflow_private.wanted_connections(p_connections) w
        where w.connection_id = c.connection_id
          and w.source_node_id = c.source_node_id and w.target_node_id = c.target_node_id
      )
    returning c.id, c.connection_id, c.created_at
  )
  select count(*), coalesce(jsonb_object_agg(g.connection_id, jsonb_build_array(g.id, g.created_at)), '{}')
  into count_of_step, gone_connections
  from gone g;
  changes := changes + count_of_step;

  insert into public.workflow_connections
    (id, workflow_id, source_node_id, target_node_id, connection_id, created_at)
  select
    coalesce((k.known ->> 0)::uuid, w.id), p_workflow_id, w.source_node_id, w.target_node_id, w.connection_id,
    case when k.known is null then p_now + w.place * step else (k.known ->> 1)::timestamp end
  from workflow_private.wanted_connections(p_connections) w
  cross join lateral (select gone_connections -> w.connection_id) as k (known)
  where not exists (
    select from public.workflow_connections c
    where c.workflow_id = p_workflow_id and c.connection_id = w.connection_id
  );
  get diagnostics count_of_step = row_count;
  return changes + count_of_step > 0;
end
$$;

-- A time later than the row's last change, even if transactions waited for each other.
create or replace function workflow_private.moment_after(p_updated_at timestamp)
returns timestamp
language sql
volatile
set search_path = ''
as $$
  select greatest(clock_timestamp()::timestamp, p_updated_at + interval '1 microsecond')
$$;

-- Drops the older version without p_replay: with two functions of one name, calls would be ambiguous.
drop function if exists public.save_workflow_graph(uuid, jsonb, jsonb, timestamp);

-- p_replay says that an earlier attempt may have succeeded: an equal graph is then no conflict.
create or replace function public.save_workflow_graph(
  p_workflow_id uuid,
  p_nodes jsonb,
  p_connections jsonb,
  p_if_updated_at timestamp default null,
  p_replay boolean default false
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  outdated constant text := 'The row of workflows has changed since it was read';
  stored public.workflows;
  is_outdated boolean;
  moment timestamp;
begin
  -- Concurrent saves of the same workflow run one after the other.
  select * into stored from public.workflows w where w.id = p_workflow_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'No such row in workflows';
  end if;
  is_outdated := p_if_updated_at is not null and p_if_updated_at is distinct from stored.updated_at;
  if is_outdated and not p_replay then
    raise sqlstate 'PT409' using message = outdated;
  end if;
  moment := workflow_private.moment_after(stored.updated_at);
  if workflow_private.merge_graph(p_workflow_id, p_nodes, p_connections, moment) then
    if is_outdated then
      raise sqlstate 'PT409' using message = outdated;
    end if;
    update public.workflows set updated_at = moment where id = p_workflow_id;
  end if;
  return workflow_private.workflow_as_json(p_workflow_id);
end
$$;

-- p_replay says that an earlier attempt may have succeeded: equal existing rows are then no conflict.
create or replace function public.batch_save_workflows(
  p_workflows jsonb,
  p_overwrite boolean default false,
  p_replay boolean default false
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  taken constant text := 'A workflow of the batch exists already';
  item jsonb;
  values_sent jsonb;
  stored public.workflows;
  wanted public.workflows;
  moment timestamp;
  saved jsonb := '[]';
begin
  for item in select e.value from jsonb_array_elements(p_workflows) as e loop
    values_sent := item - 'nodes' - 'connections';
    select * into stored from public.workflows w where w.id = (item ->> 'id')::uuid for update;
    if found then
      if not (p_overwrite or p_replay) then
        raise sqlstate 'PT409' using message = taken;
      end if;
      moment := workflow_private.moment_after(stored.updated_at);
      wanted := jsonb_populate_record(stored, values_sent);
      if p_overwrite then
        update public.workflows w
        set user_id = wanted.user_id, name = wanted.name, description = wanted.description,
            is_public = wanted.is_public, created_at = wanted.created_at, archived_at = wanted.archived_at,
            updated_at = moment
        where w.id = stored.id;
      elsif wanted is distinct from stored then
        raise sqlstate 'PT409' using message = taken;
      end if;
    else
      moment := localtimestamp;
      wanted := jsonb_populate_record(
        null::public.workflows,
        jsonb_build_object('is_public', false, 'created_at', moment, 'updated_at', moment) || values_sent
      );
      begin
        insert into public.workflows select wanted.*;
      exception when unique_violation then
        -- An id that exists but is invisible belongs to another user.
        if exists (select from public.workflows w where w.user_id = wanted.user_id and w.name = wanted.name) then
          raise;
        end if;
        raise sqlstate 'PT409' using message = taken;
      end;
    end if;
    if workflow_private.merge_graph(
        wanted.id, coalesce(item -> 'nodes', '[]'), coalesce(item -> 'connections', '[]'), moment
      ) and stored.id is not null and not p_overwrite then
      raise sqlstate 'PT409' using message = taken;
    end if;
    saved := saved || jsonb_build_array(workflow_private.workflow_as_json(wanted.id));
  end loop;
  return saved;
end
$$;

-- If keys are encrypted at rest (supabase/optional), no two ciphertexts are equal. Only the function in that file can
-- tell whether their secrets are.
create or replace function workflow_private.is_same_api_key(p_stored public.api_keys, p_wanted public.api_keys)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  is_same_secret boolean := p_stored.encrypted_key = p_wanted.encrypted_key;
begin
  if not is_same_secret and to_regprocedure('workflow_private.api_key_holds(uuid, text)') is not null then
    execute 'select workflow_private.api_key_holds($1, $2)'
    into is_same_secret using p_stored.id, p_wanted.encrypted_key;
  end if;
  return is_same_secret and to_jsonb(p_stored) - 'encrypted_key' = to_jsonb(p_wanted) - 'encrypted_key';
end
$$;

create or replace function public.batch_save_api_keys(
  p_keys jsonb,
  p_overwrite boolean default false,
  p_replay boolean default false
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  taken constant text := 'An API key of the batch exists already';
  -- With encryption at rest, calls the function in the database.
  hidden constant text := 'key_format';
  item jsonb;
  stored public.api_keys;
  wanted public.api_keys;
  saved jsonb := '[]';
begin
  for item in select e.value from jsonb_array_elements(p_keys) as e loop
    select * into stored from public.api_keys k where k.id = (item ->> 'id')::uuid for update;
    if found then
      wanted := jsonb_populate_record(stored, item);
      if p_overwrite then
        wanted.updated_at := workflow_private.moment_after(stored.updated_at);
        update public.api_keys k
        set user_id = wanted.user_id, service_name = wanted.service_name, encrypted_key = wanted.encrypted_key,
            is_master_key = wanted.is_master_key, gateway_type = wanted.gateway_type,
            gateway_endpoint = wanted.gateway_endpoint, last_used_at = wanted.last_used_at,
            is_active = wanted.is_active, created_at = wanted.created_at, updated_at = wanted.updated_at
        where k.id = stored.id;
      elsif not (p_replay and workflow_private.is_same_api_key(stored, wanted)) then
        raise sqlstate 'PT409' using message = taken;
      end if;
    else
      wanted := jsonb_populate_record(
        null::public.api_keys,
        jsonb_build_object(
          'is_master_key', false, 'is_active', true, 'created_at', localtimestamp, 'updated_at', localtimestamp
        ) || item
      );
      begin
        insert into public.api_keys as k select wanted.* returning k.* into wanted;
      exception when unique_violation then
        if exists (
          select from public.api_keys k
          where k.user_id = wanted.user_id and k.service_name = wanted.service_name
        ) then
          raise;
        end if;
        raise sqlstate 'PT409' using message = taken;
      end;
    end if;
    saved := saved || jsonb_build_array(to_jsonb(wanted) - hidden || jsonb_build_object('encrypted_key', '[REDACTED]'));
  end loop;
  return saved;
end
$$;

-- Security definer: only its creator may change a template, but every user's use counts.
create or replace function workflow_private.count_template_use(p_template_id uuid)
returns void
language sql
security definer
set search_path = ''
as $$
  update public.workflow_templates t set usage_count = coalesce(t.usage_count, 0) + 1 where t.id = p_template_id
$$;

create or replace function public.create_workflow_from_template(
  p_workflow_id uuid,
  p_user_id uuid,
  p_template_id uuid,
  p_name text default null
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  template public.workflow_templates;
  base_name text;
  number int := 1;
  children jsonb;
begin
  -- A call repeated after its first response was lost.
  if exists (select from public.workflows w where w.id = p_workflow_id and w.user_id = p_user_id) then
    return workflow_private.workflow_as_json(p_workflow_id);
  end if;
  select * into template from public.workflow_templates t where t.id = p_template_id;
  if not found then
    raise sqlstate 'PT404' using message = 'No such row in workflow_templates';
  end if;

  base_name := coalesce(p_name, template.name);
  loop
    begin
      insert into public.workflows (id, user_id, name, description)
      values (
        p_workflow_id, p_user_id, base_name || case when number > 1 then ' (' || number || ')' else '' end,
        template.description
      );
      exit;
    exception when unique_violation then
      -- The id is new, so the name is taken.
      if not exists (
        select from public.workflows w
        where w.user_id = p_user_id
          and w.name = base_name || case when number > 1 then ' (' || number || ')' else '' end
      ) then
        raise sqlstate 'PT409' using message = 'The id is taken by another row of workflows';
      end if;
      number := number + 1;
    end;
  end loop;

  children := coalesce(template.workflow_data, '{}');
  perform workflow_private.merge_graph(
    p_workflow_id,
    workflow_private.rows_without_ids(children -> 'nodes'),
    workflow_private.rows_without_ids(children -> 'connections'),
    localtimestamp
  );
  perform workflow_private.count_template_use(p_template_id);
  return workflow_private.workflow_as_json(p_workflow_id);
end
$$;

-- The objects of a list, if it is one, as rows to create.
create or replace function workflow_private.rows_without_ids(p_rows jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select coalesce(jsonb_agg(e.value - 'id' order by e.place), '[]')
  from jsonb_array_elements(case when jsonb_typeof(p_rows) = 'array' then p_rows else '[]' end)
    with ordinality as e (value, place)
  where jsonb_typeof(e.value) = 'object'
$$;

do $$
declare
  of_schema record;
begin
  -- By default, Postgres lets every role call a new function.
  for of_schema in
    select p.oid::regprocedure as signature
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'workflow_private'
      or (n.nspname = 'public' and p.proname in (
        'save_workflow_graph', 'batch_save_workflows', 'batch_save_api_keys', 'create_workflow_from_template'
      ))
  loop
    execute format('revoke execute on function %s from public, anon', of_schema.signature);
    execute format('grant execute on function %s to authenticated', of_schema.signature);
  end loop;
end
$$;

notify pgrst, 'reload schema';
