-- Takes from the roles of the API what row security does not restrain. Repeatable; run it again after files that grant.
--
-- Production granted all on every table. TRUNCATE ignores row security; TRIGGER lets a user run code in the writes of
-- others; REFERENCES and MAINTAIN serve no API role.

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

  -- The triggers write the audit trail, as its owner.
  execute format('revoke insert, update, delete on public.audit_logs from %s', api_roles);
end
$$;

-- The functions of the files before, and of supabase/optional where it ran. An empty search_path is not enough for
-- `security definer`: names of types are looked up among the caller's temporary ones first, unless pg_temp comes last.
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
      -- A role that may execute a trigger function can put it on a table of its own.
      execute format('revoke execute on function %s from authenticated, service_role', own_function.signature);
    end if;
  end loop;
end
$$;
