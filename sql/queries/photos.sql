-- name: insert
insert into photos (clinic_id, patient_id, photo_id, view, taken_at, received_at, check_in_id, installation_id, digest,
                    width, height, display_type, thumbnail_type, display_bytes, thumbnail_bytes)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict do nothing
returning photo_id;

-- name: get
select photo_id, patient_id, view, taken_at, received_at, check_in_id, digest, width, height, display_type, thumbnail_type,
       display_bytes, thumbnail_bytes
from photos where clinic_id = $1 and patient_id = $2 and photo_id = $3;

-- name: used
select count(*) as photos, count(*) filter (where received_at >= $3) as photos_since,
       coalesce(sum(display_bytes + thumbnail_bytes), 0)::bigint as bytes
from (
    select received_at, display_bytes, thumbnail_bytes from photos where clinic_id = $1 and patient_id = $2 limit $4
) as kept;

-- name: of_patient
select photo_id, patient_id, view, taken_at, received_at, check_in_id, digest, width, height, display_type, thumbnail_type,
       display_bytes, thumbnail_bytes
from photos where clinic_id = $1 and patient_id = $2 and (taken_at, photo_id) < ($3, $4)
order by taken_at desc, photo_id desc limit $5;

-- name: newest_of
select p.photo_id, p.patient_id, p.view, p.taken_at, p.received_at, p.check_in_id, p.digest, p.width, p.height,
       p.display_type, p.thumbnail_type, p.display_bytes, p.thumbnail_bytes
from unnest($2::uuid[]) as wanted (patient_id)
cross join lateral (
    select * from photos where clinic_id = $1 and photos.patient_id = wanted.patient_id
    order by taken_at desc, photo_id desc limit 1
) p;

-- name: neighbours
(select photo_id, true as newer from photos
 where clinic_id = $1 and patient_id = $2 and (taken_at, photo_id) > ($3, $4) order by taken_at, photo_id limit 1)
union all
(select photo_id, false from photos
 where clinic_id = $1 and patient_id = $2 and (taken_at, photo_id) < ($3, $4) order by taken_at desc, photo_id desc limit 1);
