create table photos (
    clinic_id uuid not null,
    patient_id uuid not null,
    photo_id uuid not null,
    view text not null,
    taken_at timestamptz not null,
    received_at timestamptz not null,
    check_in_id uuid,
    installation_id uuid,
    digest bytea not null check (octet_length(digest) = 32),
    width integer not null,
    height integer not null,
    display_type text not null,
    thumbnail_type text not null,
    display_bytes integer not null,
    thumbnail_bytes integer not null,
    primary key (clinic_id, patient_id, photo_id),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, installation_id) references installations
);
create index on photos (clinic_id, patient_id, taken_at desc);
create index on photos (clinic_id, installation_id);
call tenant_table('photos', 'select, insert');
