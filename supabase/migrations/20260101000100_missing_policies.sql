-- Adds the row security that the initial schema lacks. Without it, an upsert of settings fails with 42501 even if the
-- row exists, an update of an execution returns 200 but changes nothing, and every user may overwrite all templates.
-- Additive and repeatable: a policy that already exists by name stays unchanged.

alter table public.workflow_templates enable row level security;
-- A template belongs to its creator: by default, the user who inserts it.
alter table public.workflow_templates alter column created_by set default auth.uid();

do $$
declare
  own constant text := 'user_id = (select auth.uid())';
  own_profile constant text := 'id = (select auth.uid())';
  own_template constant text := 'created_by = (select auth.uid())';
  own_workflow constant text :=
    'exists (select from public.workflows w where w.id = workflow_id and w.user_id = (select auth.uid()))';
  own_execution constant text :=
    'exists (select from public.workflow_executions e '
    'where e.id = execution_id and e.user_id = (select auth.uid()))';
  entry record;
begin
  for entry in
    select policies.tbl, verb, policies.rule, policies.tbl || '_' || verb || '_own' as policy
    from (values
      ('user_profiles', 'insert', own_profile),
      ('workflow_connections', 'update', own_workflow),
      ('workflow_executions', 'update delete', own),
      ('execution_node_results', 'update delete', own_execution),
      ('brand_settings', 'insert delete', own),
      ('account_settings', 'insert delete', own),
      ('saved_templates', 'select', own),
      ('workflow_templates', 'insert update delete', own_template)
    ) as policies (tbl, verbs, rule),
    unnest(string_to_array(policies.verbs, ' ')) as verb
  loop
    if not exists (
      select from pg_catalog.pg_policies
      where schemaname = 'public' and tablename = entry.tbl and policyname = entry.policy
    ) then
      execute format(
        'create policy %I on public.%I for %s to authenticated %s',
        entry.policy, entry.tbl, entry.verb,
        case entry.verb
          when 'insert' then format('with check (%s)', entry.rule)
          when 'update' then format('using (%s) with check (%s)', entry.rule, entry.rule)
          else format('using (%s)', entry.rule)
        end
      );
    end if;
  end loop;

  -- The gallery is shown before sign-in.
  if not exists (
    select from pg_catalog.pg_policies
    where schemaname = 'public' and tablename = 'workflow_templates' and policyname = 'workflow_templates_select_all'
  ) then
    create policy workflow_templates_select_all on public.workflow_templates
      for select to anon, authenticated using (true);
  end if;
end
$$;

notify pgrst, 'reload schema';
