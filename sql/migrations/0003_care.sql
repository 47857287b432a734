create table courses (
    clinic_id uuid not null,
    course_id uuid not null,
    patient_id uuid not null,
    modality text not null check (modality in ('microneedling', 'laser_genesis')),
    planned_sessions smallint not null check (planned_sessions between 1 and 12),
    min_days_apart smallint not null check (min_days_apart between 1 and 366),
    created_by uuid,
    created_at timestamptz not null,
    primary key (clinic_id, course_id),
    unique (clinic_id, patient_id, course_id),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, created_by) references staff
);
create index on courses (clinic_id, created_by);
call tenant_table('courses', 'select, insert');

-- Candidacy before a course (course_id null until one exists) and the short one before each session.
create table screenings (
    clinic_id uuid not null,
    screening_id uuid not null,
    patient_id uuid not null,
    course_id uuid,
    scope text not null check (scope in ('course', 'session')),
    modality text not null check (modality in ('microneedling', 'laser_genesis')),
    answers json not null,
    outcome text not null check (outcome in ('candidate', 'with_precautions', 'not_now')),
    reasons text[] not null default '{}',
    signed_by uuid not null,
    signed_at timestamptz not null,
    primary key (clinic_id, screening_id),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, patient_id, course_id) references courses (clinic_id, patient_id, course_id),
    foreign key (clinic_id, signed_by) references staff
);
create index on screenings (clinic_id, patient_id, signed_at desc);
create index on screenings (clinic_id, patient_id, course_id);
create index on screenings (clinic_id, signed_by);
call tenant_table('screenings', 'select, insert');

create table sessions (
    clinic_id uuid not null,
    session_id uuid not null,
    patient_id uuid not null,
    course_id uuid not null,
    modality text not null check (modality in ('microneedling', 'laser_genesis')),
    session_at timestamptz not null,
    areas text[] not null default '{}',
    needle_depth_mm double precision check (needle_depth_mm > 0 and needle_depth_mm <= 5),
    fluence_j_cm2 double precision check (fluence_j_cm2 > 0 and fluence_j_cm2 <= 100),
    pulse_ms double precision check (pulse_ms > 0 and pulse_ms <= 1000),
    pigment_treated boolean,
    anaesthetic text not null default '',
    override_reason text not null default '',
    performed_by uuid not null,
    created_at timestamptz not null,
    primary key (clinic_id, session_id),
    unique (clinic_id, patient_id, session_id),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, patient_id, course_id) references courses (clinic_id, patient_id, course_id),
    foreign key (clinic_id, performed_by) references staff
);
create index on sessions (clinic_id, patient_id, course_id);
create index on sessions (clinic_id, performed_by);
call tenant_table('sessions', 'select, insert');

create table consumables (
    clinic_id uuid not null,
    session_id uuid not null,
    position smallint not null,
    device text not null check (char_length(device) between 1 and 200),
    lot text not null check (char_length(lot) between 1 and 100),
    expires_on date not null,
    sterile boolean not null,
    single_use boolean not null,
    primary key (clinic_id, session_id, position),
    foreign key (clinic_id, session_id) references sessions on delete cascade
);
create index on consumables (clinic_id, lot);
call tenant_table('consumables', 'select, insert');

create table episodes (
    clinic_id uuid not null,
    episode_id uuid not null,
    patient_id uuid not null,
    session_id uuid not null,
    with_day_90 boolean not null default false,
    opened_at timestamptz not null,
    calendar_ends_at timestamptz,  -- a newer session has taken over the asking
    primary key (clinic_id, episode_id),
    unique (clinic_id, session_id),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, patient_id, session_id) references sessions (clinic_id, patient_id, session_id)
);
create index on episodes (clinic_id, patient_id, session_id);
call tenant_table('episodes', 'select, insert, update');
