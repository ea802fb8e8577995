-- Reverts workflow_members.sql: every workflow belongs to its owner alone again. Deletes members and invitations; keeps
-- workflows, nodes, connections and runs. Repeatable.

do $$
declare
  of_members record;
begin
  for of_members in
    select p.policyname, p.tablename from pg_catalog.pg_policies p
    where p.schemaname = 'public' and p.policyname like '%\_member'
      and p.tablename in (
        'workflows', 'workflow_nodes', 'workflow_connections', 'workflow_executions', 'execution_node_results'
      )
  loop
    execute format('drop policy %I on public.%I', of_members.policyname, of_members.tablename);
  end loop;
  if to_regclass('realtime.messages') is not null then
    drop policy if exists workflow_room_select_member on realtime.messages;
    drop policy if exists workflow_room_insert_member on realtime.messages;
  end if;
end
$$;

drop trigger if exists hide_client_of_others on public.audit_logs;
drop trigger if exists keep_owner_columns on public.workflows;
drop trigger if exists refuse_runs_of_viewers on public.workflow_executions;
drop trigger if exists refuse_moved_runs_of_viewers on public.workflow_executions;
drop table if exists public.workflow_members;

drop function if exists public.leave_workflow(uuid);
drop function if exists public.accept_workflow_invitation(uuid);
drop function if exists public.workflow_invitations();
drop function if exists workflow_private.hide_client_of_others();
drop function if exists workflow_private.audit_member();
drop function if exists workflow_private.check_member();
drop function if exists workflow_private.refuse_runs_of_viewers();
drop function if exists workflow_private.keep_owner_columns();
drop function if exists workflow_private.verified_email();
drop function if exists workflow_private.may_enter_room(text);
drop function if exists workflow_private.workflows_as(text[]);
drop function if exists workflow_private.workflow_role(uuid);

notify pgrst, 'reload schema';
