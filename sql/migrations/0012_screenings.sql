-- What was advised stays with what was signed: the questionnaire's version and its advice as it was on that day. Screenings
-- from before have none.
alter table screenings
    add column questionnaire smallint check (questionnaire > 0),
    add column advice json;

-- Answers written down and not signed yet, one sheet for each treatment: gone when the screening is signed.
create table prepared_screenings (
    clinic_id uuid not null,
    patient_id uuid not null,
    modality text not null check (modality in ('microneedling', 'laser_genesis')),
    questionnaire smallint not null check (questionnaire > 0),
    answers json not null,
    prepared_by uuid not null,
    prepared_at timestamptz not null,
    version integer not null default 1,
    primary key (clinic_id, patient_id, modality),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, prepared_by) references staff
);
create index on prepared_screenings (clinic_id, prepared_by);
call tenant_table('prepared_screenings', 'select, insert, update, delete');
