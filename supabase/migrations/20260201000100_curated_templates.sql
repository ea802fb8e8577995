-- Prevents creators from setting whether their template is featured, how often it was used and how it is rated. Only
-- service_role, the owner of the table and count_template_use set these columns. Repeatable.

create schema if not exists workflow_private;

-- Runs as the writer. Row security applies to users, but not to service_role or to the owner of the table, as which
-- count_template_use runs.
create or replace function workflow_private.keep_curated_columns()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if not row_security_active(tg_relid) then
    return new;
  end if;
  if tg_op = 'INSERT' then
    new.is_featured := false;
    new.usage_count := 0;
    new.rating := 0;
  else
    new.is_featured := old.is_featured;
    new.usage_count := old.usage_count;
    new.rating := old.rating;
  end if;
  return new;
end
$$;

revoke execute on function workflow_private.keep_curated_columns() from public, anon, authenticated, service_role;

create or replace trigger keep_curated_columns
  before insert or update on public.workflow_templates
  for each row execute function workflow_private.keep_curated_columns();

-- Security definer: only its creator may change a template, but every user's use counts. The count stays at the maximum
-- integer once it is reached.
create or replace function workflow_private.count_template_use(p_template_id uuid)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update public.workflow_templates t
  set usage_count = coalesce(t.usage_count, 0) + 1
  where t.id = p_template_id and coalesce(t.usage_count, 0) < 2147483647
$$;

revoke execute on function workflow_private.count_template_use(uuid) from public, anon;
grant usage on schema workflow_private to authenticated, service_role;
grant execute on function workflow_private.count_template_use(uuid) to authenticated, service_role;
