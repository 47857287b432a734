-- name: sign
insert into screenings (clinic_id, screening_id, patient_id, course_id, scope, modality, answers, outcome, reasons,
                        signed_by, signed_at, questionnaire, advice)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict do nothing
returning screening_id;

-- name: get
select screening_id, patient_id, course_id, scope, modality, answers, outcome, reasons, signed_by, signed_at,
       questionnaire, advice
from screenings where clinic_id = $1 and patient_id = $2 and screening_id = $3;

-- name: of_patient
select screening_id, patient_id, course_id, scope, modality, answers, outcome, reasons, signed_by, signed_at,
       questionnaire, advice
from screenings where clinic_id = $1 and patient_id = $2 order by signed_at desc, screening_id;

-- name: page
select screening_id, patient_id, course_id, scope, modality, answers, outcome, reasons, signed_by, signed_at,
       questionnaire, advice
from screenings where clinic_id = $1 and patient_id = $2 and (signed_at, screening_id) < ($3, $4)
order by signed_at desc, screening_id desc limit $5;

-- name: newest
select screening_id, patient_id, course_id, scope, modality, answers, outcome, reasons, signed_by, signed_at,
       questionnaire, advice
from screenings where clinic_id = $1 and patient_id = $2 and modality = $3 and scope = $4
order by signed_at desc, screening_id desc limit 1;

-- name: newest_of_several
select distinct on (patient_id, modality)
       screening_id, patient_id, course_id, scope, modality, answers, outcome, reasons, signed_by, signed_at,
       questionnaire, advice
from screenings where clinic_id = $1 and patient_id = any ($2::uuid[]) and scope = 'course'
order by patient_id, modality, signed_at desc, screening_id desc;

-- name: signed_between
select screening_id, patient_id, course_id, scope, modality, answers, outcome, reasons, signed_by, signed_at,
       questionnaire, advice
from screenings
where clinic_id = $1 and patient_id = $2 and modality = $3 and scope = 'session' and signed_at between $4 and $5
order by signed_at desc, screening_id desc limit 1;

-- name: prepare
insert into prepared_screenings (clinic_id, patient_id, modality, questionnaire, answers, prepared_by, prepared_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (clinic_id, patient_id, modality) do update
set questionnaire = excluded.questionnaire, answers = excluded.answers, prepared_by = excluded.prepared_by,
    prepared_at = excluded.prepared_at, version = prepared_screenings.version + 1
returning version;

-- name: prepared
select patient_id, modality, questionnaire, answers, prepared_by, prepared_at, version from prepared_screenings
where clinic_id = $1 and patient_id = $2 and modality = $3;

-- name: prepared_of
select patient_id, modality, questionnaire, answers, prepared_by, prepared_at, version from prepared_screenings
where clinic_id = $1 and patient_id = $2 order by modality;

-- name: forget_prepared
delete from prepared_screenings where clinic_id = $1 and patient_id = $2 and modality = $3;
