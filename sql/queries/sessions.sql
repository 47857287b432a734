-- name: create
insert into sessions (clinic_id, session_id, patient_id, course_id, modality, session_at, areas, needle_depth_mm,
                      fluence_j_cm2, pulse_ms, pigment_treated, anaesthetic, override_reason, performed_by, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict do nothing
returning session_id;

-- name: add_consumable
insert into consumables (clinic_id, session_id, position, device, lot, expires_on, sterile, single_use)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: of_patient
select session_id, patient_id, course_id, modality, session_at, areas, needle_depth_mm, fluence_j_cm2, pulse_ms,
       pigment_treated, anaesthetic, override_reason, performed_by, created_at
from sessions where clinic_id = $1 and patient_id = $2 order by session_at desc, session_id;

-- name: consumables_of_patient
select c.session_id, c.device, c.lot, c.expires_on, c.sterile, c.single_use
from consumables c join sessions s on s.clinic_id = c.clinic_id and s.session_id = c.session_id
where c.clinic_id = $1 and s.patient_id = $2 order by c.session_id, c.position;

-- name: by_lot
-- A page is of sessions: all that one of them used of the lot stands together.
select s.session_id, s.patient_id, s.session_at, c.device, c.lot, c.expires_on, c.sterile, c.single_use
from (
    select distinct s.session_at, s.session_id, s.patient_id
    from consumables c join sessions s on s.clinic_id = c.clinic_id and s.session_id = c.session_id
    where c.clinic_id = $1 and c.lot = $2 and (s.session_at, s.session_id) < ($3, $4)
    order by s.session_at desc, s.session_id desc limit $5
) s
join consumables c on c.clinic_id = $1 and c.session_id = s.session_id and c.lot = $2
order by s.session_at desc, s.session_id desc, c.position;
