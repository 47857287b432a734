-- Messages between a patient and the clinic. `written_at` as the phone said it, `judged_at` the instant that the checks
-- use. Photos are ids of the patient's own, which may come after the message that names them, or be erased before it.
create table messages (
    clinic_id uuid not null,
    patient_id uuid not null,
    message_id uuid not null,
    direction text not null check (direction in ('from_patient', 'from_clinic')),
    text text not null check (char_length(text) <= 4000),
    photos uuid[] not null default '{}' check (cardinality(photos) <= 6),
    written_at timestamptz not null,
    received_at timestamptz not null,
    judged_at timestamptz not null,
    time_zone text not null check (char_length(time_zone) <= 64),
    staff_id uuid,
    installation_id uuid,
    urgent boolean not null default false,
    flag text check (flag in ('emergency', 'same_day', 'soon', 'routine')),
    digest bytea not null check (octet_length(digest) = 32),
    answer json,  -- what was answered the first time, given again to the same content
    read_due_at timestamptz,  -- somebody of the clinic should have read it by then
    late_at timestamptz,  -- when it became a contact request
    read_at timestamptz,
    read_by uuid,
    primary key (clinic_id, patient_id, message_id),
    check ((direction = 'from_clinic') = (staff_id is not null)),
    check ((direction = 'from_patient') = (answer is not null)),
    check ((direction = 'from_patient') = (read_due_at is not null)),
    check (read_by is null or read_at is not null),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, staff_id) references staff,
    foreign key (clinic_id, read_by) references staff,
    foreign key (clinic_id, installation_id) references installations
);
create index on messages (clinic_id, patient_id, received_at desc, message_id desc);
create index on messages (clinic_id, received_at desc, message_id desc);
create index messages_unread on messages (clinic_id, patient_id, received_at)
    where direction = 'from_patient' and read_at is null;
create index on messages (clinic_id, staff_id) where staff_id is not null;
create index on messages (clinic_id, read_by) where read_by is not null;
create index on messages (clinic_id, installation_id) where installation_id is not null;
call tenant_table('messages', 'select, insert, update');

-- Words that staff send often. Every edit is a row of its own, the last one a retired one; the newest counts.
create table message_templates (
    clinic_id uuid not null references clinics,
    template_id uuid not null,
    version integer not null check (version >= 1),
    language text not null check (char_length(language) between 2 and 35),
    title text not null check (char_length(title) between 1 and 200),
    text text not null check (char_length(text) between 1 and 4000),
    retired boolean not null default false,
    written_by uuid not null,
    written_at timestamptz not null,
    primary key (clinic_id, template_id, version),
    foreign key (clinic_id, written_by) references staff
);
create index on message_templates (clinic_id, written_by);
call tenant_table('message_templates', 'select, insert');
