-- A clinic's own instructions of the day: numbered sets over the shipped one, which is version 0 and stands in no table.
-- A set is one document, since it is written, judged, published and read as one. Once published it stays as it is: what
-- a patient was shown is told from its number.
create table instruction_sets (
    clinic_id uuid not null references clinics,
    version integer not null check (version >= 1),
    set_id uuid not null,  -- what caches know it by: a number may mean another set after a restore
    state text not null check (state in ('draft', 'published', 'discarded')),
    note text not null default '' check (char_length(note) <= 600),
    copied_from integer not null check (copied_from >= 0 and copied_from < version),
    instructions json not null check (
        json_typeof(instructions) = 'array' and json_array_length(instructions) <= 160
        and octet_length(instructions::text) <= 1000000
    ),
    revision integer not null default 1,
    created_by uuid not null,
    created_at timestamptz not null,
    edited_at timestamptz not null,
    published_by uuid,
    published_at timestamptz,
    primary key (clinic_id, version),
    foreign key (clinic_id, created_by) references staff,
    foreign key (clinic_id, published_by) references staff,
    check ((state = 'published') = (published_at is not null)),
    check ((published_at is null) = (published_by is null))
);
create unique index instruction_sets_one_draft on instruction_sets (clinic_id) where state = 'draft';
create index on instruction_sets (clinic_id, version desc) where state = 'published';
create index on instruction_sets (clinic_id, created_by);
create index on instruction_sets (clinic_id, published_by);
call tenant_table('instruction_sets', 'select, insert, update');

create function keep_what_was_published() returns trigger
language plpgsql as $$
begin
    raise exception 'instructions that were published or discarded stay as they are' using errcode = 'restrict_violation';
end
$$;
create trigger kept before update or delete on instruction_sets
    for each row when (old.state <> 'draft') execute function keep_what_was_published();

-- What a patient was given for a local day: at most one row a day and version. Its words are told from version (and, of
-- version 0, the name of the shipped data), modality, day and languages.
create table instructions_shown (
    clinic_id uuid not null,
    patient_id uuid not null,
    date date not null,
    version integer not null check (version >= 0),
    shipped text not null check (char_length(shipped) between 1 and 40),
    modality text not null check (modality in ('microneedling', 'laser_genesis')),
    day smallint not null check (day between 0 and 90),
    languages text[] not null check (cardinality(languages) between 1 and 8),
    delivered_at timestamptz,
    shown_at timestamptz,
    primary key (clinic_id, patient_id, date, version),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    check (delivered_at is not null or shown_at is not null)
);
call tenant_table('instructions_shown', 'select, insert, update');
