-- Saves of a workflow's graph that were merged with concurrent saves. Repeatable; runs after concurrent_saves.
--
-- The client merges and names the graph that it merged with. The function saves only if that graph is still the stored
-- one.

-- Every change of a node gives it a new updated_at, even if the writer sets none. It serves as the node's version.
create or replace function workflow_private.touch_node()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- As workflow_private.moment_after, which not every writer may call.
  new.updated_at := greatest(
    clock_timestamp() at time zone 'utc',
    case when old.updated_at < '9999-12-31' then old.updated_at + interval '1 microsecond' end
  );
  return new;
end
$$;

create or replace trigger touch_node
before update on public.workflow_nodes
for each row
when (new.updated_at is not distinct from old.updated_at and new.* is distinct from old.*)
execute function workflow_private.touch_node();

-- Whether a workflow has exactly the expected nodes and connections: {"nodes": {node_id: updated_at}, "connections":
-- {connection_id: [source_node_id, target_node_id]}}. Locks them until the transaction ends.
create or replace function workflow_private.holds_graph(p_workflow_id uuid, p_expected jsonb)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from public.workflow_nodes n where n.workflow_id = p_workflow_id order by n.id for update;
  perform from public.workflow_connections c where c.workflow_id = p_workflow_id order by c.id for update;
  -- Separate statements, because they must see the changes of the transactions that the locks waited for.
  return not exists (
    select
    from (select n.* from public.workflow_nodes n where n.workflow_id = p_workflow_id) n
    full join jsonb_each_text(p_expected -> 'nodes') e on e.key = n.node_id
    where e.key is null or n.node_id is null or n.updated_at is distinct from e.value::timestamp
  ) and not exists (
    select
    from (select c.* from public.workflow_connections c where c.workflow_id = p_workflow_id) c
    full join jsonb_each(p_expected -> 'connections') e on e.key = c.connection_id
    where e.key is null or c.connection_id is null
      or e.value is distinct from jsonb_build_array(c.source_node_id, c.target_node_id)
  );
end
$$;

-- Saves the graph of a workflow whose row the caller has locked. If p_is_outdated, the save is refused, unless p_replay says
-- that an earlier attempt may have succeeded and the stored graph is already equal.
create or replace function workflow_private.save_locked_graph(
  p_workflow public.workflows,
  p_nodes jsonb,
  p_connections jsonb,
  p_is_outdated boolean,
  p_replay boolean,
  p_outdated text
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  moment constant timestamp := workflow_private.moment_after(p_workflow.updated_at);
begin
  if p_is_outdated and not p_replay then
    raise sqlstate 'PT409' using message = p_outdated;
  end if;
  if workflow_private.merge_graph(p_workflow.id, p_nodes, p_connections, moment) then
    if p_is_outdated then
      raise sqlstate 'PT409' using message = p_outdated;
    end if;
    update public.workflows set updated_at = moment where id = p_workflow.id;
  end if;
  return workflow_private.workflow_as_json(p_workflow.id);
end
$$;

-- Replaces that of concurrent_saves, and does the same.
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
  stored public.workflows;
begin
  -- Saves of one workflow run one after the other.
  select * into stored from public.workflows w where w.id = p_workflow_id for no key update;
  if not found then
    raise sqlstate 'PT404' using message = 'No such row in workflows';
  end if;
  return workflow_private.save_locked_graph(
    stored, p_nodes, p_connections,
    p_if_updated_at is not null and p_if_updated_at is distinct from stored.updated_at,
    p_replay, 'The row of workflows has changed since it was read'
  );
end
$$;

create or replace function public.save_merged_workflow_graph(
  p_workflow_id uuid,
  p_nodes jsonb,
  p_connections jsonb,
  p_expected jsonb,
  p_if_updated_at timestamp default null,
  p_replay boolean default false
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  stored public.workflows;
begin
  -- `for update`, unlike in save_workflow_graph: a node or connection that another transaction adds waits for this
  -- save, which would otherwise delete it. Two transactions that add the same one may deadlock; Postgres cancels one of
  -- them, which is then retried.
  select * into stored from public.workflows w where w.id = p_workflow_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'No such row in workflows';
  end if;
  return workflow_private.save_locked_graph(
    stored, p_nodes, p_connections,
    not workflow_private.holds_graph(p_workflow_id, p_expected)
      or (p_if_updated_at is not null and p_if_updated_at is distinct from stored.updated_at),
    p_replay, 'The graph of the workflow has changed since it was read'
  );
end
$$;

do $$
declare
  own_function record;
begin
  -- By default, Postgres lets every role call a new function.
  for own_function in
    select p.oid::regprocedure as signature, p.prorettype = 'trigger'::regtype as is_trigger
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where (n.nspname = 'workflow_private' and p.proname in ('touch_node', 'holds_graph', 'save_locked_graph'))
      or (n.nspname = 'public' and p.proname in ('save_workflow_graph', 'save_merged_workflow_graph'))
  loop
    execute format('revoke execute on function %s from public, anon', own_function.signature);
    if not own_function.is_trigger then
      execute format('grant execute on function %s to authenticated, service_role', own_function.signature);
    end if;
  end loop;
end
$$;

notify pgrst, 'reload schema';
