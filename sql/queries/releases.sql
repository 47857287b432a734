-- name: held_together
-- What waits for one person over one way until the same instant, in one order for all who look, with what became of its alert.
select d.delivery_id, d.channel, d.kind, d.tier, d.staff_id, d.address_id, d.alert_id, d.queued_at, d.held_until, d.held_why,
       exists (select from deliveries g where g.clinic_id = d.clinic_id and g.digest_id = d.delivery_id) as leads,
       a.state as alert_state, a.acknowledged_at, a.attempted_at, a.contacted_at, a.snoozed_until
from deliveries d
left join alerts a on a.clinic_id = d.clinic_id and a.id = d.alert_id
where d.clinic_id = $1 and d.staff_id = $2 and d.channel = $3 and d.address_id is not distinct from $4 and d.held_until = $5
  and d.state = 'queued' and d.attempts = 0
order by d.delivery_id
for no key update of d;

-- name: drop
-- What somebody who took long has sent meanwhile stays sent.
update deliveries set state = 'dropped', dropped_why = $3, ended_at = $4
where clinic_id = $1 and delivery_id = $2 and state in ('queued', 'failed');

-- name: gather
update deliveries set state = 'gathered', digest_id = $3, ended_at = $4 where clinic_id = $1 and delivery_id = any ($2::uuid[]);

-- name: lead
update deliveries set kind = 'digest', tier = $3 where clinic_id = $1 and delivery_id = $2;

-- name: led
-- What one digest stands for, itself first, with what became of each alert; nothing where it gathered none.
select d.delivery_id, d.channel, d.kind, d.tier, d.staff_id, d.address_id, d.alert_id, d.queued_at,
       a.state as alert_state, a.acknowledged_at, a.attempted_at, a.contacted_at, a.snoozed_until
from deliveries d
left join alerts a on a.clinic_id = d.clinic_id and a.id = d.alert_id
where d.clinic_id = $1 and (d.delivery_id = $2 or d.digest_id = $2)
  and exists (select from deliveries g where g.clinic_id = $1 and g.digest_id = $2)
order by d.delivery_id <> $2, d.delivery_id;

-- name: is_routine_waiting
-- Whether a digest has anything to say to somebody: a routine alert that nobody took or that is theirs, or a next step past
-- its day.
select exists (
    select from alerts where clinic_id = $1 and tier = 'routine' and state <> 'resolved' and (state = 'open' or owner = $2)
) or exists (
    select from follow_ups where clinic_id = $1 and next_on < $3 and done_at is null
);

-- name: waiting
-- Letters about alerts that leave later than $2 and were not tried yet, with when, and what became of the alert; nobody else
-- may change them.
select d.delivery_id, d.channel, d.kind, d.tier, d.staff_id, d.webhook_id, d.address_id, d.alert_id, d.queued_at, d.held_until,
       d.held_why, d.what, w.due_at, a.state as alert_state, a.acknowledged_at, a.attempted_at, a.contacted_at, a.snoozed_until
from deliveries d
join alerts a on a.clinic_id = d.clinic_id and a.id = d.alert_id
join due_work w on w.clinic_id = d.clinic_id and w.kind = 'deliver:' || d.channel and w.subject_id = d.delivery_id
where d.clinic_id = $1 and d.state = 'queued' and d.attempts = 0 and d.again_of is null and w.due_at > $2
order by d.delivery_id
for no key update of d;

-- name: move
update deliveries set held_until = $3, held_why = $4 where clinic_id = $1 and delivery_id = $2;

-- name: handling
select state, acknowledged_at, attempted_at, contacted_at, snoozed_until from alerts where clinic_id = $1 and id = $2;
