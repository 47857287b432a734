-- When and how a person wants to hear, and what became of what was held back for it.

-- A staff member's. Without a row: never quiet, every channel, the digest at the clinic's opening.
create table staff_preferences (
    clinic_id uuid not null,
    staff_id uuid not null,
    time_zone text check (char_length(time_zone) between 1 and 64),  -- null: the clinic's
    quiet json not null default '[]' check (octet_length(quiet::text) <= 4000),
    muted json not null default '{}' check (octet_length(muted::text) <= 1000),
    digest_at time,  -- null: the clinic's opening
    changed_at timestamptz not null,
    version integer not null check (version > 0),
    primary key (clinic_id, staff_id),
    foreign key (clinic_id, staff_id) references staff
);
call tenant_table('staff_preferences', 'select, insert, update');

-- A patient's, in the zone where the patient is. Without a row: reminded at nine, quiet by night alone.
create table patient_preferences (
    clinic_id uuid not null,
    patient_id uuid not null,
    reminder_at time check (reminder_at between '07:00' and '21:00'),
    quiet_from time,
    quiet_to time,
    changed_at timestamptz not null,
    changed_by uuid,  -- the staff member who was asked to; null: the patient
    version integer not null check (version > 0),
    primary key (clinic_id, patient_id),
    check ((quiet_from is null) = (quiet_to is null) and (quiet_from is null or quiet_from <> quiet_to)),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, changed_by) references staff
);
create index on patient_preferences (clinic_id, changed_by) where changed_by is not null;
call tenant_table('patient_preferences', 'select, insert, update');

-- What was held back for one person until the same instant leaves as one: `gathered` went along in `digest_id`. `dropped`
-- was needed no more when it was to leave, and says why.
alter table deliveries add column digest_id uuid;
alter table deliveries add column dropped_why text check (char_length(dropped_why) <= 200);
alter table deliveries add foreign key (clinic_id, digest_id) references deliveries on delete set null (digest_id);
create index on deliveries (clinic_id, digest_id) where digest_id is not null;
create index deliveries_held on deliveries (clinic_id, staff_id, held_until) where held_until is not null and state = 'queued';
alter table deliveries drop constraint deliveries_state_check;
alter table deliveries add constraint deliveries_state_check
    check (state in ('queued', 'sent', 'failed', 'dead', 'gathered', 'dropped'));
