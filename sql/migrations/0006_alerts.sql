-- One unresolved alert per episode and code. A patient who was never treated here (enrolled before the first session) has
-- episode_id equal to patient_id: what is said then is judged and raised all the same.
create table alerts (
    clinic_id uuid not null,
    id uuid not null,
    patient_id uuid not null,
    episode_id uuid not null,
    code text not null,
    tier text not null check (tier in ('emergency', 'same_day', 'soon', 'routine')),
    state text not null check (state in ('open', 'acknowledged', 'attempted', 'contacted', 'resolved')),
    raised_at timestamptz not null,
    day integer not null,
    reason text not null,
    version text not null,
    clock_from timestamptz not null,
    acknowledge_by timestamptz not null,
    owner uuid,
    contact_by timestamptz,
    look_at timestamptz,
    step smallint not null default 0,
    snoozed_until timestamptz,
    acknowledged_at timestamptz,
    attempts integer not null default 0,
    attempted_at timestamptz,
    attempted_by uuid,
    contacted_at timestamptz,
    contacted_by uuid,
    still_told_at timestamptz,
    resolved_at timestamptz,
    resolved_by uuid,
    outcome text check (outcome in ('confirmed', 'expected_course', 'false_alarm', 'duplicate')),
    holds_course boolean not null default false,
    condition_ended_at timestamptz,
    condition_ended_by uuid,
    reported json not null default '[]',
    held json not null default '[]',
    primary key (clinic_id, id),
    check ((state = 'resolved') = (resolved_at is not null)),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, owner) references staff,
    foreign key (clinic_id, attempted_by) references staff,
    foreign key (clinic_id, contacted_by) references staff,
    foreign key (clinic_id, resolved_by) references staff,
    foreign key (clinic_id, condition_ended_by) references staff
);
create unique index alerts_one_unresolved on alerts (clinic_id, episode_id, code) where state <> 'resolved';
create index on alerts (clinic_id, patient_id, raised_at desc);
create index on alerts (clinic_id, tier) where state <> 'resolved';
create index on alerts (clinic_id, owner) where owner is not null;
create index on alerts (clinic_id, attempted_by) where attempted_by is not null;
create index on alerts (clinic_id, contacted_by) where contacted_by is not null;
create index on alerts (clinic_id, resolved_by) where resolved_by is not null;
create index on alerts (clinic_id, condition_ended_by) where condition_ended_by is not null;
call tenant_table('alerts', 'select, insert, update');

-- What the checks said, as it was: code, row, version and evidence stay with the alert for ever.
create table findings (
    clinic_id uuid not null,
    finding_id uuid not null,
    alert_id uuid not null,
    check_in_id uuid,
    at timestamptz not null,
    fate text not null check (fate in ('raised', 'escalated', 'joined', 'held')),
    fate_reason text not null,
    finding json not null,
    primary key (clinic_id, finding_id),
    foreign key (clinic_id, alert_id) references alerts on delete cascade
);
create index on findings (clinic_id, alert_id, at);
call tenant_table('findings', 'select, insert');

create table follow_ups (
    clinic_id uuid not null,
    follow_up_id uuid not null,
    alert_id uuid not null,
    patient_id uuid not null,
    at timestamptz not null,
    kind text not null,
    staff_id uuid,
    text text not null default '',
    outcome text,
    until timestamptz,
    primary key (clinic_id, follow_up_id),
    foreign key (clinic_id, alert_id) references alerts on delete cascade,
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, staff_id) references staff
);
create index on follow_ups (clinic_id, alert_id, at);
create index on follow_ups (clinic_id, patient_id, at);
create index on follow_ups (clinic_id, staff_id) where staff_id is not null;
call tenant_table('follow_ups', 'select, insert');

-- Patients at low risk who went quiet: the coordinator rings, no alert.
create table call_list (
    clinic_id uuid not null,
    episode_id uuid not null,
    day smallint not null,
    patient_id uuid not null,
    missed smallint[] not null,
    reason text not null,
    added_at timestamptz not null,
    done_at timestamptz,
    done_by uuid,
    primary key (clinic_id, episode_id, day),
    foreign key (clinic_id, episode_id) references episodes on delete cascade,
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, done_by) references staff
);
create index on call_list (clinic_id, added_at) where done_at is null;
create index on call_list (clinic_id, patient_id);
create index on call_list (clinic_id, done_by) where done_by is not null;
call tenant_table('call_list', 'select, insert, update');
