-- name: insert
insert into alerts (clinic_id, patient_id, id, episode_id, code, tier, raised_at, day, reason, version, clock_from, acknowledge_by, state, owner,
       contact_by, look_at, step, snoozed_until, acknowledged_at, attempts, attempted_at, attempted_by,
       contacted_at, contacted_by, still_told_at, resolved_at, resolved_by, outcome, holds_course,
       condition_ended_at, condition_ended_by, reported, held)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33);

-- name: update
update alerts set
    tier = $3, day = $4, reason = $5, version = $6, clock_from = $7, acknowledge_by = $8, state = $9, owner = $10,
    contact_by = $11, look_at = $12, step = $13, snoozed_until = $14, acknowledged_at = $15, attempts = $16,
    attempted_at = $17, attempted_by = $18, contacted_at = $19, contacted_by = $20, still_told_at = $21,
    resolved_at = $22, resolved_by = $23, outcome = $24, holds_course = $25, condition_ended_at = $26,
    condition_ended_by = $27, reported = $28, held = $29
where clinic_id = $1 and id = $2;

-- name: of_patient
select id, episode_id, code, tier, raised_at, day, reason, version, clock_from, acknowledge_by, state, owner,
       contact_by, look_at, step, snoozed_until, acknowledged_at, attempts, attempted_at, attempted_by,
       contacted_at, contacted_by, still_told_at, resolved_at, resolved_by, outcome, holds_course,
       condition_ended_at, condition_ended_by, reported, held
from alerts where clinic_id = $1 and patient_id = $2 order by raised_at desc, id;

-- name: get
select patient_id, id, episode_id, code, tier, raised_at, day, reason, version, clock_from, acknowledge_by, state, owner,
       contact_by, look_at, step, snoozed_until, acknowledged_at, attempts, attempted_at, attempted_by,
       contacted_at, contacted_by, still_told_at, resolved_at, resolved_by, outcome, holds_course,
       condition_ended_at, condition_ended_by, reported, held
from alerts where clinic_id = $1 and id = $2;

-- name: triage
select patient_id, id, episode_id, code, tier, raised_at, day, reason, version, clock_from, acknowledge_by, state, owner,
       contact_by, look_at, step, snoozed_until, acknowledged_at, attempts, attempted_at, attempted_by,
       contacted_at, contacted_by, still_told_at, resolved_at, resolved_by, outcome, holds_course,
       condition_ended_at, condition_ended_by, reported, held
from alerts where clinic_id = $1 and state <> 'resolved' and ($2::uuid is null or owner = $2) and (not $3 or owner is null)
order by state = 'contacted' or snoozed_until is not null,  -- in hand: below whatever still waits
         array_position(array['emergency', 'same_day', 'soon', 'routine'], tier),
         case when state = 'open' then acknowledge_by else contact_by end nulls last, id
limit $4 offset $5;

-- name: unresolved_of_several
select patient_id, id, episode_id, code, tier, raised_at, day, reason, version, clock_from, acknowledge_by, state, owner,
       contact_by, look_at, step, snoozed_until, acknowledged_at, attempts, attempted_at, attempted_by,
       contacted_at, contacted_by, still_told_at, resolved_at, resolved_by, outcome, holds_course,
       condition_ended_at, condition_ended_by, reported, held
from alerts where clinic_id = $1 and patient_id = any ($2::uuid[]) and state <> 'resolved'
order by patient_id, raised_at desc, id;

-- name: count_urgent
select count(*)::int from alerts where clinic_id = $1 and state <> 'resolved' and tier in ('emergency', 'same_day');

-- name: open_by_tier
select tier, count(*)::int as count from alerts where clinic_id = $1 and state <> 'resolved' group by tier
order by array_position(array['emergency', 'same_day', 'soon', 'routine'], tier);

-- name: in_hand_of
-- Whose alerts are somebody's who has not reached the patient.
select distinct patient_id from alerts
where clinic_id = $1 and owner = $2 and state in ('open', 'acknowledged', 'attempted')
order by patient_id;

-- name: owned
-- How many unresolved alerts each staff member has, by whether their patient was reached.
select owner, tier, state = 'contacted' as reached, count(*)::int as count from alerts
where clinic_id = $1 and state <> 'resolved' and owner is not null
group by owner, tier, state = 'contacted'
order by array_position(array['emergency', 'same_day', 'soon', 'routine'], tier);

-- name: patient_of
select patient_id from alerts where clinic_id = $1 and id = $2;

-- name: add_findings
insert into findings (clinic_id, finding_id, alert_id, check_in_id, at, fate, fate_reason, finding)
select $1, n.*
from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[], $8::json[]) as n;

-- name: findings_of
select finding_id, alert_id, check_in_id, at, fate, fate_reason, finding
from findings where clinic_id = $1 and alert_id = any ($2::uuid[]) order by alert_id, at, finding_id;

-- name: tiers_of
select id, tier, state from alerts where clinic_id = $1 and id = any ($2::uuid[]);
