-- name: of_clinic
select modality, min_days, max_days, fewest_sessions, most_sessions, maintenance_from_months, maintenance_to_months,
       version, changed_at, changed_by
from course_settings where clinic_id = $1;

-- name: put
-- Over the version that was read; the first change is over version 0, the shipped numbers.
insert into course_settings (clinic_id, modality, min_days, max_days, fewest_sessions, most_sessions,
                             maintenance_from_months, maintenance_to_months, changed_at, changed_by, version)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::integer + 1
where $11 = 0 or exists (select from course_settings where clinic_id = $1 and modality = $2 and version = $11)
on conflict (clinic_id, modality) do update
set min_days = $3, max_days = $4, fewest_sessions = $5, most_sessions = $6, maintenance_from_months = $7,
    maintenance_to_months = $8, changed_at = $9, changed_by = $10, version = $11 + 1
where course_settings.version = $11
returning version;
