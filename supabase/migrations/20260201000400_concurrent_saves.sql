-- Makes the functions of atomic_saves safe under concurrency. Replaces them; repeatable.
--
-- - Batches of one account run one after the other, so that two batches with the same rows in opposite order cannot
-- deadlock.
-- - A retry that overtakes its first attempt waits for it and returns the same rows.
-- - A workflow is locked with `for no key update`, so that a single node or connection can be inserted at the same
-- time. With `for update`, the insert waited for the save, and the save for the insert's unique key.
-- - Times are UTC, regardless of the time zone of the role.
-- - service_role may call what authenticated may.

create schema if not exists workflow_private;
grant usage on schema workflow_private to authenticated, service_role;

-- A time later than the row's last change, even if transactions waited for each other. A writer may have set that time to
-- `infinity` or to the end of the calendar, after which there is no later one: then it is the current time.
create or replace function workflow_private.moment_after(p_updated_at timestamp)
returns timestamp
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select greatest(
    clock_timestamp() at time zone 'utc',
    case when p_updated_at < '9999-12-31' then p_updated_at + interval '1 microsecond' end
  )
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
set search_path = pg_catalog, pg_temp
as $$
declare
  step constant interval := interval '1 microsecond';
  repeated text;
  -- The id and created_at of each removed connection, by its connection_id.
  gone_connections jsonb;
  count_of_step bigint;
  changes bigint;
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

  for attempt in 1..2 loop
    begin
      changes := 0;
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

      -- A changed connection is deleted and inserted again: two connections that swap ends would violate the unique
      -- index in between.
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
    exception when unique_violation then
      -- Another transaction added the row in the meantime: the second attempt sees it.
      if attempt = 2 then
        raise;
      end if;
    end;
  end loop;
end
$$;

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
set search_path = pg_catalog, pg_temp
as $$
declare
  outdated constant text := 'The row of workflows has changed since it was read';
  stored public.workflows;
  is_outdated boolean;
  moment timestamp;
begin
  -- Saves of one workflow run one after the other.
  select * into stored from public.workflows w where w.id = p_workflow_id for no key update;
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

-- Makes the batches of an account run one after the other. Two batches may collide in ids and in unique names, and no
-- row order avoids deadlocks for both.
create or replace function workflow_private.lock_accounts(p_rows jsonb)
returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select from public.user_profiles p
  where p.id in (select (e.value ->> 'user_id')::uuid from jsonb_array_elements(p_rows) as e)
  order by p.id
  for no key update
$$;

-- p_replay says that an earlier attempt may have succeeded: equal existing rows are then no conflict.
create or replace function public.batch_save_workflows(
  p_workflows jsonb,
  p_overwrite boolean default false,
  p_replay boolean default false
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  taken constant text := 'A workflow of the batch exists already';
  item jsonb;
  nodes jsonb;
  connections jsonb;
  values_sent jsonb;
  stored public.workflows;
  wanted public.workflows;
  moment timestamp;
  is_changed boolean;
  saved jsonb := '[]';
begin
  perform workflow_private.lock_accounts(p_workflows);
  -- Before any write, so that this batch does not wait for a lock of a single update that itself waits for one of these
  -- rows.
  perform from public.workflows w
  where w.id in (select (e.value ->> 'id')::uuid from jsonb_array_elements(p_workflows) as e)
  order by w.id
  for no key update;

  for item in select e.value from jsonb_array_elements(p_workflows) as e loop
    values_sent := item - 'nodes' - 'connections';
    nodes := coalesce(item -> 'nodes', '[]');
    connections := coalesce(item -> 'connections', '[]');
    select * into stored from public.workflows w where w.id = (item ->> 'id')::uuid for no key update;
    if not found then
      moment := now() at time zone 'utc';
      wanted := jsonb_populate_record(
        null::public.workflows,
        jsonb_build_object('is_public', false, 'created_at', moment, 'updated_at', moment) || values_sent
      );
      begin
        insert into public.workflows select wanted.*;
      exception when unique_violation then
        -- A transaction that this one waited for may have created the row.
        select * into stored from public.workflows w where w.id = wanted.id for no key update;
        if not found then
          if exists (select from public.workflows w where w.user_id = wanted.user_id and w.name = wanted.name) then
            raise;
          end if;
          -- An id that exists but is invisible belongs to another user.
          raise sqlstate 'PT409' using message = taken;
        end if;
      end;
    end if;

    if stored.id is null then
      perform workflow_private.merge_graph(wanted.id, nodes, connections, moment);
    else
      if not (p_overwrite or p_replay) then
        raise sqlstate 'PT409' using message = taken;
      end if;
      moment := workflow_private.moment_after(stored.updated_at);
      wanted := jsonb_populate_record(stored, values_sent);
      if not p_overwrite and wanted is distinct from stored then
        raise sqlstate 'PT409' using message = taken;
      end if;
      is_changed := workflow_private.merge_graph(wanted.id, nodes, connections, moment);
      if p_overwrite then
        -- After the workflow's nodes: a new name locks the row against inserts by others, which may hold a node's
        -- unique key.
        update public.workflows w
        set user_id = wanted.user_id, name = wanted.name, description = wanted.description,
            is_public = wanted.is_public, created_at = wanted.created_at, archived_at = wanted.archived_at,
            updated_at = moment
        where w.id = stored.id;
      elsif is_changed then
        raise sqlstate 'PT409' using message = taken;
      end if;
    end if;
    saved := saved || jsonb_build_array(workflow_private.workflow_as_json(wanted.id));
  end loop;
  return saved;
end
$$;

create or replace function public.batch_save_api_keys(
  p_keys jsonb,
  p_overwrite boolean default false,
  p_replay boolean default false
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  taken constant text := 'An API key of the batch exists already';
  -- With encryption at rest, calls the function in the database.
  hidden constant text := 'key_format';
  item jsonb;
  stored public.api_keys;
  wanted public.api_keys;
  moment timestamp;
  saved jsonb := '[]';
begin
  perform workflow_private.lock_accounts(p_keys);
  -- Before any write, as in batch_save_workflows.
  perform from public.api_keys k
  where k.id in (select (e.value ->> 'id')::uuid from jsonb_array_elements(p_keys) as e)
  order by k.id
  for no key update;

  for item in select e.value from jsonb_array_elements(p_keys) as e loop
    select * into stored from public.api_keys k where k.id = (item ->> 'id')::uuid for no key update;
    if not found then
      moment := now() at time zone 'utc';
      wanted := jsonb_populate_record(
        null::public.api_keys,
        jsonb_build_object('is_master_key', false, 'is_active', true, 'created_at', moment, 'updated_at', moment)
          || item
      );
      begin
        insert into public.api_keys as k select wanted.* returning k.* into wanted;
      exception when unique_violation then
        -- A transaction that this one waited for may have created the row.
        select * into stored from public.api_keys k where k.id = wanted.id for no key update;
        if not found then
          if exists (
            select from public.api_keys k
            where k.user_id = wanted.user_id and k.service_name = wanted.service_name
          ) then
            raise;
          end if;
          raise sqlstate 'PT409' using message = taken;
        end if;
      end;
    end if;

    if stored.id is not null then
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
    end if;
    saved := saved || jsonb_build_array(to_jsonb(wanted) - hidden || jsonb_build_object('encrypted_key', '[REDACTED]'));
  end loop;
  return saved;
end
$$;

create or replace function public.create_workflow_from_template(
  p_workflow_id uuid,
  p_user_id uuid,
  p_template_id uuid,
  p_name text default null
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  template public.workflow_templates;
  free_name text;
  number int := 1;
  children jsonb;
begin
  if exists (select from public.workflows w where w.id = p_workflow_id and w.user_id = p_user_id) then
    -- A call repeated after its first response was lost.
    return workflow_private.workflow_as_json(p_workflow_id);
  end if;
  select * into template from public.workflow_templates t where t.id = p_template_id;
  if not found then
    raise sqlstate 'PT404' using message = 'No such row in workflow_templates';
  end if;

  loop
    free_name := coalesce(p_name, template.name) || case when number > 1 then ' (' || number || ')' else '' end;
    begin
      insert into public.workflows (id, user_id, name, description)
      values (p_workflow_id, p_user_id, free_name, template.description);
      exit;
    exception when unique_violation then
      if exists (select from public.workflows w where w.id = p_workflow_id and w.user_id = p_user_id) then
        -- A retry that waited for its first attempt.
        return workflow_private.workflow_as_json(p_workflow_id);
      end if;
      -- The id is new, so the name is taken.
      if not exists (select from public.workflows w where w.user_id = p_user_id and w.name = free_name) then
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
    now() at time zone 'utc'
  );
  perform workflow_private.count_template_use(p_template_id);
  return workflow_private.workflow_as_json(p_workflow_id);
end
$$;

do $$
declare
  of_saves record;
begin
  -- By default, Postgres lets every role call a new function.
  for of_saves in
    select p.oid::regprocedure as signature
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where (n.nspname = 'workflow_private' and p.proname in (
        'workflow_as_json', 'wanted_nodes', 'wanted_connections', 'merge_graph', 'moment_after', 'is_same_api_key',
        'lock_accounts', 'rows_without_ids', 'api_key_holds'
      ))
      or (n.nspname = 'public' and p.proname in (
        'save_workflow_graph', 'batch_save_workflows', 'batch_save_api_keys', 'create_workflow_from_template'
      ))
  loop
    execute format('revoke execute on function %s from public, anon', of_saves.signature);
    execute format('grant execute on function %s to authenticated, service_role', of_saves.signature);
  end loop;
end
$$;

notify pgrst, 'reload schema';
