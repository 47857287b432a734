create table consents (
    clinic_id uuid not null,
    patient_id uuid not null,
    kind text not null check (kind in ('care', 'photos', 'teaching', 'marketing')),
    given_at timestamptz not null,
    granted boolean not null,
    text_version text not null check (char_length(text_version) between 1 and 40),
    language text not null default '',
    primary key (clinic_id, patient_id, kind, given_at),
    foreign key (clinic_id, patient_id) references patients on delete cascade
);
call tenant_table('consents', 'select, insert');

-- `recorded_at` and `said_day` as the phone said them, `judged_at` the instant that the checks use. Answers are json, not
-- jsonb: what a patient wrote is kept to the letter, escapes and order included.
create table check_ins (
    clinic_id uuid not null,
    patient_id uuid not null,
    check_in_id uuid not null,
    instrument integer not null,
    recorded_at timestamptz not null,
    received_at timestamptz not null,
    judged_at timestamptz not null,
    said_day integer,
    time_zone text not null,
    answered_by text not null check (answered_by in ('self', 'carer', 'staff')),
    staff_id uuid,
    installation_id uuid,
    supersedes uuid,
    unscheduled boolean not null default false,
    answers json not null,
    set_aside json not null default '[]',
    digest bytea not null check (octet_length(digest) = 32),
    answer json not null,  -- what was answered the first time, given again to the same content
    primary key (clinic_id, patient_id, check_in_id),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, staff_id) references staff,
    foreign key (clinic_id, installation_id) references installations
);
create index on check_ins (clinic_id, patient_id, judged_at desc);
create index on check_ins (clinic_id, staff_id) where staff_id is not null;
create index on check_ins (clinic_id, installation_id);
call tenant_table('check_ins', 'select, insert');
