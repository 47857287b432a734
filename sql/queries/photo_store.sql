-- name: known
-- One look-up for each photo asked for: a join could be planned to read them all.
select p.patient_id, p.photo_id, p.digest, p.display_bytes, p.thumbnail_bytes
from unnest($2::uuid[], $3::uuid[]) as named (patient_id, photo_id)
cross join lateral (
    select * from photos
    where clinic_id = $1 and photos.patient_id = named.patient_id and photos.photo_id = named.photo_id
    limit 1
) p;

-- name: page
select patient_id, photo_id, digest, display_bytes, thumbnail_bytes
from photos where clinic_id = $1 and (patient_id, photo_id) > ($2, $3)
order by patient_id, photo_id limit $4;

-- name: count
select count(*) from photos where clinic_id = $1;

-- name: plan
insert into due_work (clinic_id, kind, subject_id, due_at)
select d.clinic_id, $1, d.clinic_id, $2
from clinic_directory d
where not exists (select from due_work w where w.clinic_id = d.clinic_id and w.kind = $1 and w.subject_id = d.clinic_id)
on conflict do nothing;

-- name: clinics
select handle, clinic_id from clinic_directory order by handle;
