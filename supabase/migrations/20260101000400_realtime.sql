-- Makes every table's changes available to realtime subscriptions. Repeatable.
--
-- `replica identity full`: without it a DELETE contains only the key, so a subscription filtered by user_id or
-- workflow_id never receives it.

do $$
declare
  tbl text;
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;

  foreach tbl in array array[
    'user_profiles', 'workflows', 'workflow_nodes', 'workflow_connections', 'workflow_executions',
    'execution_node_results', 'api_keys', 'brand_settings', 'account_settings', 'integrations',
    'workflow_templates', 'saved_templates', 'audit_logs', 'workflow_favorites'
  ] loop
    execute format('alter table public.%I replica identity full', tbl);

    -- Also true for a publication of all tables, to which none can be added.
    if not exists (
      select from pg_catalog.pg_publication_tables
      where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = tbl
    ) then
      execute format('alter publication supabase_realtime add table public.%I', tbl);
    end if;
  end loop;
end
$$;
