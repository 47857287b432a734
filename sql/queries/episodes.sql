-- name: open
insert into episodes (clinic_id, episode_id, patient_id, session_id, with_day_90, opened_at, calendar_ends_at)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: end_older_calendars
update episodes e set calendar_ends_at = $4
from sessions s
where e.clinic_id = $1 and e.patient_id = $2 and e.episode_id <> $3 and e.calendar_ends_at is null
  and s.clinic_id = e.clinic_id and s.session_id = e.session_id and s.session_at < $4
returning e.episode_id;

-- name: of_patient
select e.episode_id, e.patient_id, e.with_day_90, e.opened_at, e.calendar_ends_at, s.session_id, s.course_id, s.modality, s.session_at,
       s.needle_depth_mm, s.pigment_treated, s.anaesthetic
from episodes e join sessions s on s.clinic_id = e.clinic_id and s.session_id = e.session_id
where e.clinic_id = $1 and e.patient_id = $2
order by s.session_at desc, e.episode_id;

-- name: newest_of
select distinct on (e.patient_id)
       e.episode_id, e.patient_id, e.with_day_90, e.opened_at, e.calendar_ends_at, s.session_id, s.course_id, s.modality, s.session_at,
       s.needle_depth_mm, s.pigment_treated, s.anaesthetic
from episodes e join sessions s on s.clinic_id = e.clinic_id and s.session_id = e.session_id
where e.clinic_id = $1 and e.patient_id = any ($2::uuid[])
order by e.patient_id, s.session_at desc, e.episode_id;

-- name: patient_of
select patient_id from episodes where clinic_id = $1 and episode_id = $2;

-- name: several
select e.episode_id, e.patient_id, e.with_day_90, e.opened_at, e.calendar_ends_at, s.session_id, s.course_id, s.modality, s.session_at,
       s.needle_depth_mm, s.pigment_treated, s.anaesthetic
from episodes e join sessions s on s.clinic_id = e.clinic_id and s.session_id = e.session_id
where e.clinic_id = $1 and e.episode_id = any ($2::uuid[]);

-- name: count_awaited
select count(*)::int from due_work where clinic_id = $1 and kind = 'sweep';
