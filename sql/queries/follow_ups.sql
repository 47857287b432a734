-- name: add
-- A doubled click brings the same id: the first is kept.
insert into follow_ups (clinic_id, patient_id, follow_up_id, alert_id, at, kind, staff_id, text, outcome, until, happened_at,
                        advised, visit_on, next_step, next_on, script_version, checked)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
on conflict do nothing
returning follow_up_id;

-- name: get
select follow_up_id, alert_id, at, kind, staff_id, text, outcome, until, happened_at, advised, visit_on, next_step, next_on,
       done_at, done_by, script_version, checked
from follow_ups where clinic_id = $1 and follow_up_id = $2;

-- name: of_alerts
select follow_up_id, alert_id, at, kind, staff_id, text, outcome, until, happened_at, advised, visit_on, next_step, next_on,
       done_at, done_by, script_version, checked
from follow_ups where clinic_id = $1 and alert_id = any ($2::uuid[]) order by at, follow_up_id;

-- name: of_patient
select follow_up_id, alert_id, at, kind, staff_id, text, outcome, until, happened_at, advised, visit_on, next_step, next_on,
       done_at, done_by, script_version, checked
from follow_ups where clinic_id = $1 and patient_id = $2 order by at desc, follow_up_id limit $3;

-- name: done
update follow_ups set done_at = $4, done_by = $5
where clinic_id = $1 and alert_id = $2 and follow_up_id = $3 and next_on is not null and done_at is null
returning patient_id;

-- name: not_done
update follow_ups set done_at = null, done_by = null
where clinic_id = $1 and alert_id = $2 and follow_up_id = $3 and done_at is not null
returning patient_id;

-- name: next_steps
-- Those behind a place of the list with a day between $4 and $5; of one who wrote them down or has the alert, or of everyone.
select f.follow_up_id, f.alert_id, f.patient_id, p.name, p.reference, p.phone, a.code, a.tier, a.state, a.owner,
       f.staff_id, f.at, f.next_step, f.next_on
from follow_ups f
join alerts a on a.clinic_id = f.clinic_id and a.id = f.alert_id
join patients p on p.clinic_id = f.clinic_id and p.patient_id = f.patient_id
where f.clinic_id = $1 and (f.next_on, f.follow_up_id) > ($2, $3) and f.next_on between $4 and $5 and f.done_at is null
  and ($6::uuid is null or f.staff_id = $6 or a.owner = $6)
order by f.next_on, f.follow_up_id limit $7;

-- name: count_due
select count(*)::int from follow_ups where clinic_id = $1 and next_on <= $2 and done_at is null;

-- name: undone
-- What a reminder of a next step goes by; no row once it is done.
select f.follow_up_id, f.alert_id, a.tier, coalesce(a.owner, f.staff_id) as staff_id
from follow_ups f join alerts a on a.clinic_id = f.clinic_id and a.id = f.alert_id
where f.clinic_id = $1 and f.follow_up_id = $2 and f.next_on is not null and f.done_at is null;
