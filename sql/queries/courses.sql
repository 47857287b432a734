-- name: create
insert into courses (clinic_id, course_id, patient_id, modality, planned_sessions, min_days_apart, created_by, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
returning course_id;

-- name: get
select course_id, patient_id, modality, planned_sessions, min_days_apart, created_at from courses
where clinic_id = $1 and patient_id = $2 and course_id = $3;

-- name: of_patient
select course_id, patient_id, modality, planned_sessions, min_days_apart, created_at from courses
where clinic_id = $1 and patient_id = $2 order by created_at desc, course_id;

-- name: screen
insert into screenings (clinic_id, screening_id, patient_id, course_id, scope, modality, answers, outcome, reasons,
                        signed_by, signed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict do nothing
returning screening_id;

-- name: screenings_of
select screening_id, patient_id, course_id, scope, modality, answers, outcome, reasons, signed_by, signed_at
from screenings where clinic_id = $1 and patient_id = $2 order by signed_at desc, screening_id;
