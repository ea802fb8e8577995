-- The production schema as it is: 14 tables, their indexes, and the row security that production has today. Later
-- migrations close its gaps. Nothing here changes a table that already exists.

create table if not exists public.user_profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  email text not null unique,
  full_name text,
  avatar_url text,
  organization text,
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp
);

create table if not exists public.workflows (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  name text not null,
  description text,
  is_public boolean default false,
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  archived_at timestamp,
  unique (user_id, name)
);

create table if not exists public.workflow_nodes (
  id uuid primary key default gen_random_uuid(),
  workflow_id uuid not null references public.workflows (id) on delete cascade,
  node_type text not null,
  node_id text not null,
  label text,
  position_x double precision default 0,
  position_y double precision default 0,
  config jsonb default '{}',
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  unique (workflow_id, node_id)
);

create table if not exists public.workflow_connections (
  id uuid primary key default gen_random_uuid(),
  workflow_id uuid not null references public.workflows (id) on delete cascade,
  source_node_id text not null,
  target_node_id text not null,
  connection_id text not null,
  created_at timestamp default current_timestamp,
  unique (workflow_id, connection_id),
  unique (workflow_id, source_node_id, target_node_id)
);

create table if not exists public.workflow_executions (
  id uuid primary key default gen_random_uuid(),
  workflow_id uuid not null references public.workflows (id) on delete cascade,
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  status text not null default 'running' check (status in ('running', 'completed', 'failed')),
  error_message text,
  started_at timestamp default current_timestamp,
  completed_at timestamp,
  execution_time_ms integer,
  node_count integer,
  created_at timestamp default current_timestamp
);

create table if not exists public.execution_node_results (
  id uuid primary key default gen_random_uuid(),
  execution_id uuid not null references public.workflow_executions (id) on delete cascade,
  node_id text not null,
  node_type text not null,
  status text not null default 'running' check (status in ('running', 'completed', 'failed')),
  input_data jsonb,
  output_data jsonb,
  error_message text,
  execution_time_ms integer,
  api_call_count integer default 0,
  started_at timestamp default current_timestamp,
  completed_at timestamp,
  created_at timestamp default current_timestamp
);

create table if not exists public.api_keys (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  service_name text not null,
  encrypted_key text not null,
  is_master_key boolean default false,
  gateway_type text check (gateway_type in ('together', 'replicate', 'custom')),
  gateway_endpoint text,
  last_used_at timestamp,
  is_active boolean default true,
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  unique (user_id, service_name)
);

create table if not exists public.brand_settings (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null unique references public.user_profiles (id) on delete cascade,
  brand_name text,
  primary_color text,
  secondary_color text,
  accent_color text,
  logo_url text,
  font_family text default 'Inter',
  font_size_base integer default 16,
  border_radius integer default 8,
  brand_voice text,
  tagline text,
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp
);

create table if not exists public.account_settings (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null unique references public.user_profiles (id) on delete cascade,
  theme text default 'light' check (theme in ('light', 'dark', 'auto')),
  notifications_enabled boolean default true,
  email_on_completion boolean default true,
  email_on_error boolean default true,
  timezone text default 'UTC',
  language text default 'en',
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp
);

create table if not exists public.integrations (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  service_name text not null,
  is_connected boolean default false,
  encrypted_token text,
  metadata jsonb default '{}',
  last_verified_at timestamp,
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  unique (user_id, service_name)
);

create table if not exists public.workflow_templates (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  description text,
  category text,
  workflow_data jsonb not null,
  thumbnail_url text,
  usage_count integer default 0,
  rating double precision default 0,
  created_by uuid references public.user_profiles (id) on delete set null,
  is_featured boolean default false,
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp
);

create table if not exists public.saved_templates (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  template_id uuid not null references public.workflow_templates (id) on delete cascade,
  created_at timestamp default current_timestamp,
  unique (user_id, template_id)
);

create table if not exists public.audit_logs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  action text not null,
  resource_type text,
  resource_id text,
  details jsonb,
  ip_address inet,
  user_agent text,
  created_at timestamp default current_timestamp
);

create table if not exists public.workflow_favorites (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  workflow_id uuid not null references public.workflows (id) on delete cascade,
  created_at timestamp default current_timestamp,
  unique (user_id, workflow_id)
);

-- An index for every foreign key, and for the columns that lists are sorted by.
create index if not exists workflows_user_id_idx on public.workflows (user_id);
create index if not exists workflows_created_at_idx on public.workflows (created_at desc);
create index if not exists workflow_nodes_workflow_id_idx on public.workflow_nodes (workflow_id);
create index if not exists workflow_connections_workflow_id_idx on public.workflow_connections (workflow_id);
create index if not exists workflow_executions_workflow_id_idx on public.workflow_executions (workflow_id);
create index if not exists workflow_executions_user_id_idx on public.workflow_executions (user_id);
create index if not exists workflow_executions_created_at_idx on public.workflow_executions (created_at desc);
create index if not exists execution_node_results_execution_id_idx on public.execution_node_results (execution_id);
create index if not exists api_keys_user_id_idx on public.api_keys (user_id);
create index if not exists brand_settings_user_id_idx on public.brand_settings (user_id);
create index if not exists account_settings_user_id_idx on public.account_settings (user_id);
create index if not exists integrations_user_id_idx on public.integrations (user_id);
create index if not exists workflow_templates_created_by_idx on public.workflow_templates (created_by);
create index if not exists saved_templates_user_id_idx on public.saved_templates (user_id);
create index if not exists saved_templates_template_id_idx on public.saved_templates (template_id);
create index if not exists audit_logs_user_id_idx on public.audit_logs (user_id);
create index if not exists audit_logs_created_at_idx on public.audit_logs (created_at desc);
create index if not exists workflow_favorites_user_id_idx on public.workflow_favorites (user_id);
create index if not exists workflow_favorites_workflow_id_idx on public.workflow_favorites (workflow_id);

-- Grants access to every table to the three API roles; row security decides which rows they reach. In a Supabase
-- project, the default privileges grant more on new tables, which least_privilege revokes.
grant usage on schema public to anon, authenticated, service_role;
grant select, insert, update, delete on
  public.user_profiles, public.workflows, public.workflow_nodes, public.workflow_connections,
  public.workflow_executions, public.execution_node_results, public.api_keys, public.brand_settings,
  public.account_settings, public.integrations, public.workflow_templates, public.saved_templates,
  public.workflow_favorites
to anon, authenticated, service_role;
grant select on public.audit_logs to anon, authenticated, service_role;

-- Not on workflow_templates: production has no row security there.
alter table public.user_profiles enable row level security;
alter table public.workflows enable row level security;
alter table public.workflow_nodes enable row level security;
alter table public.workflow_connections enable row level security;
alter table public.workflow_executions enable row level security;
alter table public.execution_node_results enable row level security;
alter table public.api_keys enable row level security;
alter table public.brand_settings enable row level security;
alter table public.account_settings enable row level security;
alter table public.integrations enable row level security;
alter table public.saved_templates enable row level security;
alter table public.audit_logs enable row level security;
alter table public.workflow_favorites enable row level security;

-- The policies of today's production. `(select auth.uid())` is evaluated once per statement, a bare `auth.uid()` once
-- per row. A policy that already exists by name stays unchanged.
do $$
declare
  own constant text := 'user_id = (select auth.uid())';
  own_profile constant text := 'id = (select auth.uid())';
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
      ('user_profiles', 'select update', own_profile),
      ('workflows', 'insert update delete', own),
      ('workflow_nodes', 'select insert update delete', own_workflow),
      ('workflow_connections', 'select insert delete', own_workflow),
      ('workflow_executions', 'select insert', own),
      ('execution_node_results', 'select insert', own_execution),
      ('api_keys', 'select insert update delete', own),
      ('brand_settings', 'select update', own),
      ('account_settings', 'select update', own),
      ('integrations', 'select insert update delete', own),
      ('saved_templates', 'insert delete', own),
      ('audit_logs', 'select', own),
      ('workflow_favorites', 'select insert delete', own),
      ('workflows', 'select', own || ' or is_public')
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
end
$$;

notify pgrst, 'reload schema';
