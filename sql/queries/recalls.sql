-- name: candidates
-- Courses whose next session may be due by $4, in the order of the index: those called off, ended or agreed for later
-- lie behind that day or outside it. $5 and $6 bound the day on which they become overdue.
select course_id, patient_id, modality, planned_sessions, min_days_apart, created_at, max_days_apart,
       maintenance_from_months, maintenance_to_months, ended_at, ended_by, ended_because, ended_note, quiet_until, recall_on
from courses
where clinic_id = $1 and (recall_on, course_id) > ($2, $3) and recall_on <= $4 and overdue_on between $5 and $6
order by recall_on, course_id limit $7;

-- name: course
select patient_id, sessions_done, ended_at is not null as ended from courses where clinic_id = $1 and course_id = $2;

-- name: sessions_of
select patient_id, session_id, course_id, modality, session_at, override_reason
from sessions where clinic_id = $1 and patient_id = any ($2::uuid[]);

-- name: holding
-- What may hold the next session of these patients: unresolved, or confirmed and not ended.
select patient_id, id, episode_id, code, tier, raised_at, day, reason, version, clock_from, acknowledge_by, state, owner,
       contact_by, look_at, step, snoozed_until, acknowledged_at, attempts, attempted_at, attempted_by,
       contacted_at, contacted_by, still_told_at, resolved_at, resolved_by, outcome, holds_course,
       condition_ended_at, condition_ended_by, reported, held
from alerts
where clinic_id = $1 and patient_id = any ($2::uuid[])
  and (state <> 'resolved' or outcome = 'confirmed' and condition_ended_at is null)
order by patient_id, raised_at desc, id;

-- name: contacts_of
select contact_id, patient_id, course_id, number, at, kind, day, text, staff_id
from recall_contacts where clinic_id = $1 and course_id = any ($2::uuid[]) order by course_id, at desc, contact_id desc;

-- name: add_contact
insert into recall_contacts (clinic_id, contact_id, patient_id, course_id, number, at, kind, day, text, staff_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict do nothing
returning contact_id;

-- name: contact
select contact_id, patient_id, course_id, number, at, kind, day, text, staff_id
from recall_contacts where clinic_id = $1 and contact_id = $2;

-- name: be_quiet
-- Until a day, or on the list at once; unless a session was recorded meanwhile, which answers the call.
update courses set quiet_until = $4 where clinic_id = $1 and course_id = $2 and sessions_done = $3;
