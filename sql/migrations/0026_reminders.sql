-- Whether a patient wants to be reminded. Without a row: yes.
create table patient_reminders (
    clinic_id uuid not null,
    patient_id uuid not null,
    state text not null check (state in ('on', 'paused', 'stopped')),
    until timestamptz,
    since timestamptz not null,
    changed_by uuid,
    version integer not null default 1,
    primary key (clinic_id, patient_id),
    check ((state = 'paused') = (until is not null)),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, changed_by) references staff
);
create index on patient_reminders (clinic_id, changed_by) where changed_by is not null;
call tenant_table('patient_reminders', 'select, insert, update');
