-- Makes the default of every time column UTC. The columns have no time zone, so `current_timestamp` stores the local
-- time of the role or the database, while the package interprets the columns as UTC. Under UTC, the default of hosted
-- projects, nothing changes. Existing rows stay as they are. Repeatable.

do $$
declare
  entry record;
begin
  for entry in
    select c.table_name, c.column_name
    from information_schema.columns c
    where c.table_schema = 'public'
      and c.table_name in (
        'user_profiles', 'workflows', 'workflow_nodes', 'workflow_connections', 'workflow_executions',
        'execution_node_results', 'api_keys', 'brand_settings', 'account_settings', 'integrations',
        'workflow_templates', 'saved_templates', 'audit_logs', 'workflow_favorites'
      )
      and c.data_type = 'timestamp without time zone'
      and lower(c.column_default) in ('current_timestamp', 'localtimestamp', 'now()')
  loop
    execute format(
      'alter table public.%I alter column %I set default (now() at time zone ''utc'')',
      entry.table_name, entry.column_name
    );
  end loop;
end
$$;

notify pgrst, 'reload schema';
