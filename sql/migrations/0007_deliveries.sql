create table webhooks (
    clinic_id uuid not null references clinics,
    webhook_id uuid not null,
    url text not null check (char_length(url) between 8 and 2000),
    secret text not null,
    previous_secret text,
    created_at timestamptz not null,
    disabled_at timestamptz,
    primary key (clinic_id, webhook_id)
);
call tenant_table('webhooks', 'select, insert, update');

-- The queue's row and the ledger's in one: a message to one address over one channel, with its whole history. Addresses
-- are read when it is sent, from whom it is for, so that none stands here. `what` makes it unique: (what, whom, local
-- date or finding).
create table deliveries (
    clinic_id uuid not null references clinics,
    delivery_id uuid not null,
    channel text not null check (channel in ('smtp', 'webhook')),
    kind text not null,
    what text not null,
    tier text,
    staff_id uuid,
    patient_id uuid,
    webhook_id uuid,
    alert_id uuid,
    day smallint,
    state text not null default 'queued' check (state in ('queued', 'sent', 'failed', 'dead')),
    attempts smallint not null default 0,
    queued_at timestamptz not null,
    sent_at timestamptz,
    ended_at timestamptz,
    primary key (clinic_id, delivery_id),
    unique nulls not distinct (clinic_id, what, channel, staff_id, patient_id, webhook_id),
    check (num_nonnulls(staff_id, patient_id, webhook_id) = 1),
    foreign key (clinic_id, staff_id) references staff,
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, webhook_id) references webhooks,
    foreign key (clinic_id, alert_id) references alerts on delete cascade
);
create index on deliveries (clinic_id, staff_id) where staff_id is not null;
create index on deliveries (clinic_id, patient_id, queued_at desc) where patient_id is not null;
create index on deliveries (clinic_id, webhook_id) where webhook_id is not null;
create index on deliveries (clinic_id, alert_id) where alert_id is not null;
create index on deliveries (clinic_id, queued_at desc, delivery_id);
call tenant_table('deliveries', 'select, insert, update');

create table delivery_attempts (
    clinic_id uuid not null,
    delivery_id uuid not null,
    attempt smallint not null,
    at timestamptz not null,
    result text not null check (result in ('sent', 'retry', 'retired', 'refused')),
    answer text not null,
    primary key (clinic_id, delivery_id, attempt),
    foreign key (clinic_id, delivery_id) references deliveries on delete cascade
);
call tenant_table('delivery_attempts', 'select, insert');

-- What is due, across clinics: ids and instants, nothing else. A claim moves due_at to the end of its lease and raises the
-- fence; whoever comes back late with an older fence changes nothing. Urgency lets red flags pass after an outage.
create table due_work (
    clinic_id uuid not null,
    kind text not null,
    subject_id uuid not null,
    due_at timestamptz not null,
    urgency smallint not null default 0 check (urgency between 0 and 3),
    fence bigint not null default 0,
    primary key (clinic_id, kind, subject_id),
    foreign key (clinic_id) references clinics
);
create index on due_work (kind, urgency, due_at);
alter table due_work enable row level security;
alter table due_work force row level security;
create policy clinic on due_work to aftercare_service
    using (clinic_id = nullif(current_setting('aftercare.clinic', true), '')::uuid)
    with check (clinic_id = nullif(current_setting('aftercare.clinic', true), '')::uuid);
create policy worker on due_work to aftercare_worker using (true) with check (true);
create policy backup on due_work for select to aftercare_backup using (true);
grant select, insert, update, delete on due_work to aftercare_service, aftercare_worker;
grant select on due_work to aftercare_backup;
