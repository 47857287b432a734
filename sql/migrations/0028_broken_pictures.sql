-- Pictures that a photo's row promises and that cannot be shown: found by the look-through of the store, by a verification
-- or by whoever wanted to see them. What can be shown again, or is erased, is here no longer.
create table broken_pictures (
    clinic_id uuid not null,
    patient_id uuid not null,
    photo_id uuid not null,
    rendition text not null check (rendition in ('display', 'thumbnail')),
    what text not null check (what in ('is missing', 'does not open', 'is another one')),
    found_at timestamptz not null,
    primary key (clinic_id, patient_id, photo_id, rendition),
    foreign key (clinic_id, patient_id, photo_id) references photos on delete cascade
);
call tenant_table('broken_pictures', 'select, insert, delete');
