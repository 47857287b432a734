-- What was asked to be forgotten, what became of it, and the little that must outlive it. Ids, codes and instants only.
create table erasures (
    clinic_id uuid not null references clinics,
    erasure_id uuid not null,
    patient_id uuid not null,  -- no foreign key: this outlives whom it is about
    scope text not null check (scope in ('photos', 'everything')),
    reason text not null check (reason in ('patient_asked', 'consent_withdrawn', 'entered_by_mistake', 'kept_long_enough',
                                           'restored')),
    asked_at timestamptz not null,
    asked_by uuid,  -- null: the patient, or a restore
    started_at timestamptz,
    started_by uuid,
    finished_at timestamptz,
    refused_at timestamptz,
    refused_by uuid,
    refused_because text check (refused_because in ('must_be_kept', 'claim', 'identity')),
    photos integer not null default 0,
    primary key (clinic_id, erasure_id),
    foreign key (clinic_id, asked_by) references staff,
    foreign key (clinic_id, started_by) references staff,
    foreign key (clinic_id, refused_by) references staff,
    check (started_at is null or refused_at is null),
    check (finished_at is null or started_at is not null),
    check ((refused_at is null) = (refused_because is null))
);
create index on erasures (clinic_id, patient_id, asked_at desc);
create index on erasures (clinic_id, asked_by);
create index on erasures (clinic_id, started_by);
create index on erasures (clinic_id, refused_by);
-- Asked for and neither begun nor refused: once for a patient, however often the phone says it.
create unique index on erasures (clinic_id, patient_id, scope) where started_at is null and refused_at is null;
call tenant_table('erasures', 'select, insert, update');

-- The ids of erased photos: a phone that sends one again is told that it is gone.
create table erased_photos (
    clinic_id uuid not null,
    patient_id uuid not null,
    photo_id uuid not null,
    erasure_id uuid not null,
    primary key (clinic_id, patient_id, photo_id),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, erasure_id) references erasures
);
create index on erased_photos (clinic_id, erasure_id);
call tenant_table('erased_photos', 'select, insert');

-- Which lots were used on patients who are erased, by the month and without the patient: a recall must still be able to
-- say how often a lot was used, and how many of those treated with it can no longer be called.
create table erased_lot_uses (
    clinic_id uuid not null,
    erasure_id uuid not null,
    position integer not null,
    lot text not null,
    device text not null,
    modality text not null,
    used_in date not null check (extract(day from used_in) = 1),
    primary key (clinic_id, erasure_id, position),
    foreign key (clinic_id, erasure_id) references erasures
);
create index on erased_lot_uses (clinic_id, lot);
call tenant_table('erased_lot_uses', 'select, insert');

grant delete on photos, patients to aftercare_service, aftercare_worker;
