-- The clinic is the tenant. Every table of a tenant starts its key with clinic_id and is handed to tenant_table(),
-- which forces row-level security on it: without a clinic set in the transaction, there are no rows.

create procedure tenant_table(name regclass, privileges text)
language plpgsql as $$
begin
    execute format('alter table %s enable row level security', name);
    execute format('alter table %s force row level security', name);
    execute format(
        'create policy clinic on %s to aftercare_service, aftercare_worker'
        ' using (clinic_id = nullif(current_setting(''aftercare.clinic'', true), '''')::uuid)'
        ' with check (clinic_id = nullif(current_setting(''aftercare.clinic'', true), '''')::uuid)',
        name
    );
    execute format('create policy backup on %s for select to aftercare_backup using (true)', name);
    execute format('grant %s on %s to aftercare_service, aftercare_worker', privileges, name);
    execute format('grant select on %s to aftercare_backup', name);
end
$$;

create table clinics (
    clinic_id uuid primary key,
    name text not null check (char_length(name) between 1 and 200),
    time_zone text not null,
    country text not null check (country ~ '^[A-Z]{2}$'),
    language text not null default 'en',
    phone text not null default '',
    urgent_care text not null default '',
    openings json not null default '[]',
    private_webhook_hosts text[] not null default '{}',
    created_at timestamptz not null
);
call tenant_table('clinics', 'select, insert');

-- The one way from an address to a clinic, before any clinic is known: a handle and an id, nothing else.
create table clinic_directory (
    handle text primary key check (handle ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'),
    clinic_id uuid not null references clinics
);
create index on clinic_directory (clinic_id);
grant select, insert on clinic_directory to aftercare_service, aftercare_worker;
grant select on clinic_directory to aftercare_backup;
