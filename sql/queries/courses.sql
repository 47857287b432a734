-- name: create
insert into courses (clinic_id, course_id, patient_id, modality, planned_sessions, min_days_apart, created_by, created_at,
                     max_days_apart, maintenance_from_months, maintenance_to_months)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict do nothing
returning course_id;

-- name: get
select course_id, patient_id, modality, planned_sessions, min_days_apart, created_at, max_days_apart,
       maintenance_from_months, maintenance_to_months, ended_at, ended_by, ended_because, ended_note
from courses
where clinic_id = $1 and patient_id = $2 and course_id = $3;

-- name: of_patient
select course_id, patient_id, modality, planned_sessions, min_days_apart, created_at, max_days_apart,
       maintenance_from_months, maintenance_to_months, ended_at, ended_by, ended_because, ended_note
from courses
where clinic_id = $1 and patient_id = $2 order by created_at desc, course_id;

-- name: end
update courses set ended_at = $4, ended_by = $5, ended_because = $6, ended_note = $7
where clinic_id = $1 and patient_id = $2 and course_id = $3 and ended_at is null
returning course_id;

-- name: resume
update courses set ended_at = null, ended_by = null, ended_because = null, ended_note = ''
where clinic_id = $1 and patient_id = $2 and course_id = $3 and ended_at is not null
returning course_id;
