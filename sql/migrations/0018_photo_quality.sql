-- What was measured of a photo when it came (photos/quality.py). A table of its own, because photos that came before have
-- none, and because what is read with every list of photos stays as narrow as it is.
create table photo_quality (
    clinic_id uuid not null,
    patient_id uuid not null,
    photo_id uuid not null,
    long_edge integer not null check (long_edge between 1 and 65535),
    black_share real not null check (black_share between 0 and 1),
    white_share real not null check (white_share between 0 and 1),
    darkest smallint not null check (darkest between 0 and 255),
    lightest smallint not null check (lightest between 0 and 255),
    sharpness real not null check (sharpness between 0 and 1000),
    primary key (clinic_id, patient_id, photo_id),
    foreign key (clinic_id, patient_id, photo_id) references photos on delete cascade
);
call tenant_table('photo_quality', 'select, insert');

-- The same view over time: what a comparison and a missing view are read by.
create index on photos (clinic_id, patient_id, view, taken_at);
