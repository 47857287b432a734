-- name: insert_quality
insert into photo_quality (clinic_id, patient_id, photo_id, long_edge, black_share, white_share, darkest, lightest, sharpness)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing;

-- name: quality_of
select photo_id, long_edge, black_share, white_share, darkest, lightest, sharpness
from photo_quality where clinic_id = $1 and patient_id = $2 and photo_id = any($3::uuid[]);

-- name: taken_since
select photo_id, view, taken_at from photos
where clinic_id = $1 and patient_id = $2 and taken_at >= $3
order by taken_at desc, photo_id desc limit $4;

-- name: baselines
select distinct on (view) photo_id, view, taken_at from photos
where clinic_id = $1 and patient_id = $2
order by view, taken_at < $3 desc, abs(extract(epoch from taken_at - $3)), photo_id;

-- name: of_view
select photo_id, patient_id, view, taken_at, received_at, check_in_id, digest, width, height, display_type, thumbnail_type,
       display_bytes, thumbnail_bytes
from photos where clinic_id = $1 and patient_id = $2 and view = $3
order by taken_at desc, photo_id desc limit $4;

-- name: views_of
select distinct view from photos where clinic_id = $1 and patient_id = $2;

-- name: nearest
select wanted.key, p.photo_id, p.patient_id, p.view, p.taken_at, p.received_at, p.check_in_id, p.digest, p.width, p.height,
       p.display_type, p.thumbnail_type, p.display_bytes, p.thumbnail_bytes
from unnest($3::uuid[], $4::timestamptz[]) as wanted (key, at)
cross join lateral (
    select * from (
        (select * from photos where clinic_id = $1 and patient_id = $2 and taken_at <= wanted.at
         order by taken_at desc limit 1)
        union all
        (select * from photos where clinic_id = $1 and patient_id = $2 and taken_at > wanted.at
         order by taken_at limit 1)
    ) either_side
    order by abs(extract(epoch from taken_at - wanted.at)), taken_at desc limit 1
) p;
