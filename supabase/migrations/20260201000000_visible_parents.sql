-- Refuses executions and favorites of a workflow that the user cannot see. A foreign key ignores row security: without
-- this migration it accepts any existing id, and the response reveals whether the id exists. Repeatable.

create schema if not exists workflow_private;

-- Restrictive policies apply in addition to the permissive ones, whatever their names. The subquery runs as the user,
-- so the policies of workflows decide what is visible.
drop policy if exists workflow_executions_insert_visible on public.workflow_executions;
create policy workflow_executions_insert_visible on public.workflow_executions as restrictive
  for insert with check (exists (select from public.workflows w where w.id = workflow_id));

drop policy if exists workflow_favorites_insert_visible on public.workflow_favorites;
create policy workflow_favorites_insert_visible on public.workflow_favorites as restrictive
  for insert with check (exists (select from public.workflows w where w.id = workflow_id));

-- A trigger instead of a policy: an execution must stay writable after its workflow became private, and a policy cannot
-- tell whether the reference to the workflow changed.
create or replace function workflow_private.check_new_workflow()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if row_security_active(tg_relid) and not exists (select from public.workflows w where w.id = new.workflow_id) then
    raise insufficient_privilege using message = 'workflow_id: expected a workflow that is visible to the user';
  end if;
  return new;
end
$$;

revoke execute on function workflow_private.check_new_workflow() from public, anon, authenticated, service_role;

create or replace trigger check_new_workflow
  before update on public.workflow_executions
  for each row when (new.workflow_id is distinct from old.workflow_id)
  execute function workflow_private.check_new_workflow();

notify pgrst, 'reload schema';
