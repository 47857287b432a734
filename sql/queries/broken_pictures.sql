-- name: note
-- Those that are not known yet; of a photo that was erased meanwhile nothing, and none that may still wait in a spool.
insert into broken_pictures (clinic_id, patient_id, photo_id, rendition, what, found_at)
select $1, b.patient_id, b.photo_id, b.rendition, b.what, $6
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) as b (patient_id, photo_id, rendition, what)
cross join lateral (
    select from photos p
    where p.clinic_id = $1 and p.patient_id = b.patient_id and p.photo_id = b.photo_id
      and (b.what <> 'is missing' or p.received_at <= $7)
    limit 1
) as kept
on conflict do nothing
returning photo_id;

-- name: standing
select b.patient_id, b.photo_id, p.digest, p.display_bytes, p.thumbnail_bytes, b.rendition, b.what, b.found_at, p.taken_at, p.view
from broken_pictures b
cross join lateral (
    select * from photos
    where photos.clinic_id = $1 and photos.patient_id = b.patient_id and photos.photo_id = b.photo_id
    limit 1
) p
where b.clinic_id = $1
order by b.patient_id, b.photo_id, b.rendition limit $2;

-- name: count
select count(*)::int from (select from broken_pictures where clinic_id = $1 limit $2) as counted;

-- name: mended
delete from broken_pictures where clinic_id = $1 and patient_id = $2 and photo_id = $3 and rendition = $4;
