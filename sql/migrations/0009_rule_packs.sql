-- A clinic's own rule packs: what each changes of the shipped one. At most one is live and one in shadow. A clinic without
-- any runs the shipped pack as it is.
create table rule_packs (
    clinic_id uuid not null references clinics,
    number integer not null check (number >= 1),
    pack_id uuid not null,
    base text not null check (char_length(base) <= 40),
    changes json not null,
    digest bytea not null,  -- of the changes: by it a process finds the pack in its memory
    state text not null check (state in ('draft', 'shadow', 'live', 'retired')),
    note text not null default '' check (char_length(note) <= 4000),
    version integer not null default 1,
    created_by uuid,
    created_at timestamptz not null,
    edited_by uuid,
    edited_at timestamptz,
    released_by uuid,
    released_at timestamptz,
    retired_at timestamptz,
    primary key (clinic_id, number),
    unique (clinic_id, pack_id),
    check (state <> 'live' or released_at is not null),
    check ((state = 'retired') = (retired_at is not null)),
    foreign key (clinic_id, created_by) references staff,
    foreign key (clinic_id, edited_by) references staff,
    foreign key (clinic_id, released_by) references staff
);
create unique index rule_packs_one_live on rule_packs (clinic_id) where state = 'live';
create unique index rule_packs_one_in_shadow on rule_packs (clinic_id) where state = 'shadow';
create index on rule_packs (clinic_id, created_at desc, pack_id desc);
create index on rule_packs (clinic_id, created_by) where created_by is not null;
create index on rule_packs (clinic_id, edited_by) where edited_by is not null;
create index on rule_packs (clinic_id, released_by) where released_by is not null;
call tenant_table('rule_packs', 'select, insert, update');

-- What the pack in shadow would have said beyond what was told, once for the same evidence. Counted, never worked on.
create table muted_findings (
    clinic_id uuid not null,
    muted_id uuid not null,
    number integer not null,
    episode_id uuid not null,  -- as with alerts, the patient's own id before any session
    patient_id uuid not null,
    check_in_id uuid,  -- null for silence, whose row names its day
    code text not null,
    row text not null,
    tier text not null check (tier in ('emergency', 'same_day', 'soon', 'routine')),
    at timestamptz not null,
    primary key (clinic_id, muted_id),
    unique nulls not distinct (clinic_id, number, episode_id, row, check_in_id),
    foreign key (clinic_id, number) references rule_packs,
    foreign key (clinic_id, patient_id) references patients on delete cascade
);
create index on muted_findings (clinic_id, number, at);
create index on muted_findings (clinic_id, patient_id);
call tenant_table('muted_findings', 'select, insert');
