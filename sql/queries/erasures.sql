-- name: hold
-- Not `no key`: a photo that is being written holds the key, and one that comes after waits and then sees the erasure.
select name from patients where clinic_id = $1 and patient_id = $2 for update;

-- name: count
select count(*) from erasures where clinic_id = $1 and patient_id = $2 and started_at is not null;

-- name: pass
select patient_id from patients where clinic_id = $1 and patient_id = $2 for key share;

-- name: photo_erased
select exists (select from erased_photos where clinic_id = $1 and patient_id = $2 and photo_id = $3);

-- name: ask
insert into erasures (clinic_id, erasure_id, patient_id, scope, reason, asked_at, asked_by)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing;

-- name: open
select erasure_id from erasures
where clinic_id = $1 and patient_id = $2 and scope = $3 and started_at is null and refused_at is null;

-- name: start
update erasures
set started_at = $3, started_by = $4, photos = $5, refused_at = null, refused_by = null, refused_because = null
where clinic_id = $1 and erasure_id = $2 and started_at is null;

-- name: refuse
update erasures set refused_at = $3, refused_by = $4, refused_because = $5
where clinic_id = $1 and erasure_id = $2 and started_at is null and refused_at is null
returning erasure_id;

-- name: finish
update erasures set finished_at = coalesce(finished_at, $3) where clinic_id = $1 and erasure_id = $2 and started_at is not null;

-- name: get
select erasure_id, patient_id, scope, reason, asked_at, asked_by, started_at, finished_at, refused_at, refused_because, photos
from erasures where clinic_id = $1 and erasure_id = $2;

-- name: of_patient
select erasure_id, patient_id, scope, reason, asked_at, asked_by, started_at, finished_at, refused_at, refused_because, photos
from erasures where clinic_id = $1 and patient_id = $2
order by asked_at desc, erasure_id desc;

-- name: waiting
select erasure_id, patient_id, scope, reason, asked_at, asked_by, started_at, finished_at, refused_at, refused_because, photos
from erasures where clinic_id = $1 and started_at is null and refused_at is null
order by asked_at, erasure_id limit $2;

-- name: waiting_since
select count(*)::int as waiting, min(asked_at) as oldest
from erasures where clinic_id = $1 and started_at is null and refused_at is null;

-- name: started
select erasure_id, patient_id, scope, reason, asked_at, asked_by, started_at, finished_at, refused_at, refused_because, photos
from erasures where clinic_id = $1 and started_at is not null and erasure_id > $2
order by erasure_id limit $3;

-- name: clinics
select clinic_id from clinic_directory order by clinic_id;

-- name: remember_photos
insert into erased_photos (clinic_id, patient_id, photo_id, erasure_id)
select clinic_id, patient_id, photo_id, $3 from photos where clinic_id = $1 and patient_id = $2 and received_at <= $4
on conflict do nothing;

-- name: forget_photos
with gone as (
    delete from photos where clinic_id = $1 and patient_id = $2 and received_at <= $3 returning 1
)
select count(*) from gone;

-- name: keep_lot_uses
insert into erased_lot_uses (clinic_id, erasure_id, position, lot, device, modality, used_in)
select $1, $3, row_number() over (order by s.session_at, s.session_id, c.position), c.lot, c.device, s.modality,
       date_trunc('month', s.session_at at time zone 'UTC')::date
from sessions s join consumables c on c.clinic_id = s.clinic_id and c.session_id = s.session_id
where s.clinic_id = $1 and s.patient_id = $2
on conflict do nothing;

-- name: lot_uses
select lot, device, modality, used_in from erased_lot_uses where clinic_id = $1 and lot = $2
order by used_in desc, erasure_id, position;

-- name: drop_due_work
delete from due_work where clinic_id = $1 and subject_id in (
    select $2::uuid
    union all
    select episode_id from episodes where clinic_id = $1 and patient_id = $2
    union all
    select id from alerts where clinic_id = $1 and patient_id = $2
    union all
    select d.delivery_id from deliveries d where d.clinic_id = $1 and d.patient_id = $2
    union all
    select d.delivery_id from alerts a join deliveries d on d.clinic_id = $1 and d.alert_id = a.id
    where a.clinic_id = $1 and a.patient_id = $2
);

-- name: photos
select count(*) from photos where clinic_id = $1 and patient_id = $2;

-- name: unresolved
select exists (select from alerts where clinic_id = $1 and patient_id = $2 and state <> 'resolved');

-- name: forget_patient
delete from patients where clinic_id = $1 and patient_id = $2;
