-- Reverts api_relay.sql: users may reveal their keys again, and the edge function api-relay refuses every call.
-- Repeatable. Existing audit rows of calls stay.

drop function if exists public.begin_api_relay_call(uuid, text, text, text, integer, integer, integer);
drop function if exists public.finish_api_relay_call(uuid, integer, text, integer, bigint, bigint);
do $$
begin
  if to_regtype('workflow_relay.calls') is not null then
    drop function if exists workflow_relay.log_call(workflow_relay.calls, jsonb);
  end if;
end
$$;
drop table if exists workflow_relay.calls;
drop schema if exists workflow_relay;

do $$
begin
  if to_regprocedure('public.reveal_api_key(uuid)') is not null then
    grant execute on function public.reveal_api_key(uuid) to authenticated;
  end if;
end
$$;

notify pgrst, 'reload schema';
