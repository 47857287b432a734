-- Who did or saw what, by ids only. Written in the transaction that causes it, without a number; the sealer of the clinic
-- numbers and chains it within a second. The service may only insert; a number is set once, by the worker.
create table audit_entries (
    clinic_id uuid not null references clinics,
    entry_id uuid not null,
    at timestamptz not null,
    actor_kind text not null check (actor_kind in ('staff', 'patient', 'system')),
    actor_id uuid,
    action text not null,
    patient_id uuid,
    subject_id uuid,
    detail_hash bytea,  -- of what may be erased one day; the chain holds without it
    number bigint,
    chain bytea,
    primary key (clinic_id, entry_id),
    unique (clinic_id, number),
    check ((number is null) = (chain is null))
);
create index on audit_entries (clinic_id, entry_id) where number is null;
create index on audit_entries (clinic_id, patient_id, entry_id) where patient_id is not null;
alter table audit_entries enable row level security;
alter table audit_entries force row level security;
create policy clinic on audit_entries to aftercare_service
    using (clinic_id = nullif(current_setting('aftercare.clinic', true), '')::uuid)
    with check (clinic_id = nullif(current_setting('aftercare.clinic', true), '')::uuid and number is null);
create policy worker_write on audit_entries for insert to aftercare_worker
    with check (clinic_id = nullif(current_setting('aftercare.clinic', true), '')::uuid and number is null);
create policy worker_read on audit_entries for select to aftercare_worker
    using (number is null or clinic_id = nullif(current_setting('aftercare.clinic', true), '')::uuid);
create policy worker_seal on audit_entries for update to aftercare_worker
    using (clinic_id = nullif(current_setting('aftercare.clinic', true), '')::uuid and number is null)
    with check (clinic_id = nullif(current_setting('aftercare.clinic', true), '')::uuid);
create policy backup on audit_entries for select to aftercare_backup using (true);
grant select, insert on audit_entries to aftercare_service, aftercare_worker;
grant update (number, chain) on audit_entries to aftercare_worker;
grant select on audit_entries to aftercare_backup;

-- The newest link of each clinic's chain; its row is the sealer's lock.
create table audit_heads (
    clinic_id uuid primary key references clinics,
    number bigint not null default 0,
    chain bytea not null default ''
);
call tenant_table('audit_heads', 'select');
grant insert, update on audit_heads to aftercare_worker;
