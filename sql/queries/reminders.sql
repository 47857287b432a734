-- name: get
select state, until, since, changed_by, version from patient_reminders where clinic_id = $1 and patient_id = $2;

-- name: put
insert into patient_reminders (clinic_id, patient_id, state, until, since, changed_by) values ($1, $2, $3, $4, $5, $6)
on conflict (clinic_id, patient_id) do update
set state = excluded.state, until = excluded.until, since = excluded.since, changed_by = excluded.changed_by,
    version = patient_reminders.version + 1;
