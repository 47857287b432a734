-- name: leads
-- One phone call is one row: the alert that leads a patient's others. A page of these never splits a patient.
with placed as (
    select *,
           state = 'contacted' or snoozed_until is not null as in_hand,  -- below whatever still waits
           array_position(array['emergency', 'same_day', 'soon', 'routine'], tier) as urgency,
           case when state = 'open' then acknowledge_by else contact_by end as time
    from alerts
    where clinic_id = $1 and state <> 'resolved' and ($2::uuid is null or owner = $2) and (not $3 or owner is null)
), leads as (
    select distinct on (patient_id) * from placed order by patient_id, in_hand, urgency, time nulls last, id
)
select patient_id, id, episode_id, code, tier, raised_at, day, reason, version, clock_from, acknowledge_by, state, owner,
       contact_by, look_at, step, snoozed_until, acknowledged_at, attempts, attempted_at, attempted_by,
       contacted_at, contacted_by, still_told_at, resolved_at, resolved_by, outcome, holds_course,
       condition_ended_at, condition_ended_by, reported, held
from leads order by in_hand, urgency, time nulls last, id
limit $4 offset $5;

-- name: patients_of
select distinct patient_id from alerts where clinic_id = $1 and id = any ($2::uuid[]);
