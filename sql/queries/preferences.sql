-- name: of_staff
select time_zone, quiet, muted, digest_at, version, changed_at from staff_preferences where clinic_id = $1 and staff_id = $2;

-- name: put_of_staff
-- Over the version that was read; the first change is over version 0.
insert into staff_preferences (clinic_id, staff_id, time_zone, quiet, muted, digest_at, changed_at, version)
select $1, $2, $3, $4, $5, $6, $7, 1
where $8 = 0 or exists (select from staff_preferences where clinic_id = $1 and staff_id = $2 and version = $8::integer)
on conflict (clinic_id, staff_id) do update
set time_zone = $3, quiet = $4, muted = $5, digest_at = $6, changed_at = $7, version = $8 + 1
where staff_preferences.version = $8
returning version;

-- name: of_patient
select reminder_at, quiet_from, quiet_to, version, changed_at, changed_by from patient_preferences
where clinic_id = $1 and patient_id = $2;

-- name: put_of_patient
insert into patient_preferences (clinic_id, patient_id, reminder_at, quiet_from, quiet_to, changed_at, changed_by, version)
select $1, $2, $3, $4, $5, $6, $7, 1
where $8 = 0 or exists (select from patient_preferences where clinic_id = $1 and patient_id = $2 and version = $8::integer)
on conflict (clinic_id, patient_id) do update
set reminder_at = $3, quiet_from = $4, quiet_to = $5, changed_at = $6, changed_by = $7, version = $8 + 1
where patient_preferences.version = $8
returning version;

-- name: tests_of
-- The newest test of each way since an instant, with the last answer.
select distinct on (d.channel, d.address_id) d.channel, d.address_id, d.state, d.attempts, d.queued_at, d.sent_at, d.ended_at, (
    select a.answer from delivery_attempts a
    where a.clinic_id = d.clinic_id and a.delivery_id = d.delivery_id order by a.attempt desc limit 1
) as answer
from deliveries d
where d.clinic_id = $1 and d.staff_id = $2 and d.kind = 'test' and d.queued_at > $3
order by d.channel, d.address_id, d.queued_at desc;
