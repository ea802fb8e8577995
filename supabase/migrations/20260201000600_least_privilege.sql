-- Revokes privileges of the API roles that row security does not limit. Repeatable; run it again after migrations that
-- grant privileges.
--
-- Production grants all privileges on every table. TRUNCATE ignores row security; TRIGGER lets a user run code in the
-- writes of others; no API role needs REFERENCES or MAINTAIN.

do $$
declare
  api_roles constant text := 'public, anon, authenticated, service_role';
  tbl text;
begin
  foreach tbl in array array[
    'user_profiles', 'workflows', 'workflow_nodes', 'workflow_connections', 'workflow_executions',
    'execution_node_results', 'api_keys', 'brand_settings', 'account_settings', 'integrations',
    'workflow_templates', 'saved_templates', 'audit_logs', 'workflow_favorites'
  ] loop
    execute format('revoke truncate, references, trigger on public.%I from %s', tbl, api_roles);
    if current_setting('server_version_num')::int >= 170000 then
      execute format('revoke maintain on public.%I from %s', tbl, api_roles);
    end if;
  end loop;

  -- Triggers write the audit trail as the owner of the function.
  execute format('revoke insert, update, delete on public.audit_logs from %s', api_roles);
end
$$;

-- The functions of the earlier migrations, and of supabase/optional if they exist. An empty search_path is not enough
-- for `security definer`: type names are looked up in the caller's temporary schema first, unless pg_temp comes last.
do $$
declare
  own_function record;
begin
  for own_function in
    select p.oid::regprocedure as signature, p.prorettype = 'trigger'::regtype as is_trigger
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('workflow_private', 'workflow_secrets')
      or (n.nspname = 'public' and p.proname in (
        'create_user_profile', 'write_audit_log', 'save_workflow_graph', 'batch_save_workflows',
        'batch_save_api_keys', 'create_workflow_from_template', 'store_api_key', 'reveal_api_key'
      ))
  loop
    execute format('alter function %s set search_path = pg_catalog, pg_temp', own_function.signature);
    execute format('revoke execute on function %s from public, anon', own_function.signature);
    if own_function.is_trigger then
      -- A role that may execute a trigger function can attach it to a table of its own.
      execute format('revoke execute on function %s from authenticated, service_role', own_function.signature);
    end if;
  end loop;
end
$$;
