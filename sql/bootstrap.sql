-- Run by `aftercare migrate` before the first migration, as the login of AFTERCARE_OWNER_DATABASE_URL, and harmless
-- every time after. Roles belong to the whole server, so two databases may come here at once.
do $$
declare
    name text;
begin
    foreach name in array array['aftercare_owner', 'aftercare_service', 'aftercare_worker', 'aftercare_backup'] loop
        begin
            if not exists (select from pg_roles where rolname = name) then
                execute format('create role %I nologin noinherit nobypassrls', name);
            end if;
        exception when duplicate_object or unique_violation then
            null;  -- another database of this server was quicker
        end;
    end loop;
    -- From PostgreSQL 16 on, who makes a role is its member without the right to act as it.
    if not pg_has_role(current_user, 'aftercare_owner',
        case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end) then
        execute format('grant aftercare_owner to %I', current_user);
    end if;
    if not has_schema_privilege('aftercare_owner', 'public', 'create') then
        grant usage, create on schema public to aftercare_owner;
    end if;
    if not has_schema_privilege('aftercare_worker', 'public', 'usage') then
        grant usage on schema public to aftercare_service, aftercare_worker, aftercare_backup;
    end if;
end
$$;
