-- Places are read first, by the index that leads with what is asked for; then `entries` reads what stands at them.

-- name: newest
select queued_at, delivery_id from deliveries
where clinic_id = $1 and (queued_at, delivery_id) < ($2, $3) and ($5::text[] is null or state = any ($5))
order by queued_at desc, delivery_id desc limit $4;

-- name: given_up
select queued_at, delivery_id from deliveries
where clinic_id = $1 and state = 'dead' and (queued_at, delivery_id) < ($2, $3) and ($5::text is null or channel = $5)
order by queued_at desc, delivery_id desc limit $4;

-- name: on_the_way
select queued_at, delivery_id from deliveries
where clinic_id = $1 and state in ('queued', 'failed') and (queued_at, delivery_id) < ($2, $3)
  and ($5::text is null or channel = $5) and state = any ($6::text[])
order by queued_at desc, delivery_id desc limit $4;

-- name: of_channel
select queued_at, delivery_id from deliveries
where clinic_id = $1 and channel = $5 and (queued_at, delivery_id) < ($2, $3) and ($6::text[] is null or state = any ($6))
order by queued_at desc, delivery_id desc limit $4;

-- name: of_alert
select queued_at, delivery_id from deliveries
where clinic_id = $1 and alert_id = $5 and (queued_at, delivery_id) < ($2, $3)
  and ($6::text is null or channel = $6) and ($7::text[] is null or state = any ($7))
order by queued_at desc, delivery_id desc limit $4;

-- name: of_patient
-- Those to the patient, and those about the patient's alerts.
select queued_at, delivery_id from (
    select d.queued_at, d.delivery_id, d.channel, d.state from deliveries d
    where d.clinic_id = $1 and d.patient_id = $5 and (d.queued_at, d.delivery_id) < ($2, $3)
    union
    select d.queued_at, d.delivery_id, d.channel, d.state from alerts a
    join deliveries d on d.clinic_id = a.clinic_id and d.alert_id = a.id
    where a.clinic_id = $1 and a.patient_id = $5 and (d.queued_at, d.delivery_id) < ($2, $3)
) theirs
where ($6::text is null or channel = $6) and ($7::text[] is null or state = any ($7))
order by queued_at desc, delivery_id desc limit $4;

-- name: entries
select d.delivery_id, d.channel, d.kind, d.tier, d.staff_id, d.patient_id, d.webhook_id, d.address_id, d.alert_id, d.day, d.state,
       d.attempts, d.queued_at, d.sent_at, d.delivered_at, d.opened_at, d.ended_at, d.held_until, d.held_why, d.dropped_why,
       d.digest_id, d.again_of, case when d.state = 'gathered' then (
           select g.sent_at from deliveries g where g.clinic_id = d.clinic_id and g.delivery_id = d.digest_id
       ) end as digest_sent_at,
       json_build_object(
           'kind', case when d.staff_id is not null then 'staff' when d.patient_id is not null then 'patient' else 'webhook' end,
           'id', coalesce(d.staff_id, d.patient_id, d.webhook_id),
           'name', coalesce(s.name, p.name, substring(w.url from '^https?://([^/?#]+)'))
       ) as recipient,
       coalesce(case when d.channel = 'sms' then '…' || right(a.address, 4) else a.label end, '') as address,
       case when d.state in ('queued', 'failed') then (
           select q.due_at from due_work q
           where q.clinic_id = d.clinic_id and q.kind = 'deliver:' || d.channel and q.subject_id = d.delivery_id
       ) end as next_try_at,
       (
           select coalesce(json_agg(json_build_object('attempt', t.attempt, 'at', t.at, 'result', t.result, 'answer', t.answer)
                                    order by t.attempt), '[]')
           from delivery_attempts t where t.clinic_id = d.clinic_id and t.delivery_id = d.delivery_id
       ) as tries,
       case when d.state = 'dead' then (
           select o.channel from deliveries o
           where o.clinic_id = d.clinic_id and o.what = d.what and o.state = 'sent' and o.staff_id is not distinct from d.staff_id
             and o.patient_id is not distinct from d.patient_id and o.webhook_id is not distinct from d.webhook_id
           order by o.sent_at limit 1
       ) end as instead,
       exists (
           select from deliveries o where o.clinic_id = d.clinic_id and o.again_of = d.delivery_id
       ) as sent_again
from deliveries d
left join staff s on s.clinic_id = d.clinic_id and s.staff_id = d.staff_id
left join patients p on p.clinic_id = d.clinic_id and p.patient_id = d.patient_id
left join webhooks w on w.clinic_id = d.clinic_id and w.webhook_id = d.webhook_id
left join addresses a on a.clinic_id = d.clinic_id and a.address_id = d.address_id
where d.clinic_id = $1 and d.delivery_id = any ($2::uuid[])
order by d.queued_at desc, d.delivery_id desc;

-- name: of_alerts
select delivery_id from deliveries where clinic_id = $1 and alert_id = any ($2::uuid[]);

-- name: count_unheard
-- Given up, not sent again, and the same reached the same recipient over no other way; a patient's may be on another way yet.
select count(*)::int from (
    select from deliveries d
    where d.clinic_id = $1 and d.state = 'dead' and d.queued_at > $2
      and not exists (select from deliveries g where g.clinic_id = d.clinic_id and g.again_of = coalesce(d.again_of, d.delivery_id)
                      and g.delivery_id <> d.delivery_id and g.queued_at >= d.queued_at)
      and not exists (
          select from deliveries o
          where o.clinic_id = d.clinic_id and o.what = d.what
            and (o.state = 'sent' or o.patient_id is not null and o.state in ('queued', 'failed'))
            and o.staff_id is not distinct from d.staff_id and o.patient_id is not distinct from d.patient_id
            and o.webhook_id is not distinct from d.webhook_id
      )
    limit 100
) unheard;

-- name: to_repeat
select d.delivery_id, d.channel, d.kind, d.what, d.tier, d.staff_id, d.patient_id, d.webhook_id, d.address_id, d.alert_id, d.day,
       d.state, d.attempts, d.queued_at, d.sent_at, d.delivered_at, d.opened_at, d.ended_at, d.held_until, d.held_why,
       coalesce(d.again_of, d.delivery_id) as root,
       coalesce(s.disabled_at, w.disabled_at, a.retired_at) as gone_at, p.time_zone,
       (p.email <> '' or exists (
           select from addresses r where r.clinic_id = d.clinic_id and r.patient_id = d.patient_id and r.retired_at is null
       )) as reachable,
       x.state as alert_state, case when d.patient_id is not null then (
           select o.state from deliveries o
           where o.clinic_id = d.clinic_id and o.what = d.what and o.patient_id = d.patient_id and o.state <> 'dead' limit 1
       ) end as another_way, (
           select coalesce(json_agg(json_build_object('delivery_id', g.delivery_id, 'state', g.state) order by g.queued_at), '[]')
           from deliveries g where g.clinic_id = d.clinic_id and g.again_of = coalesce(d.again_of, d.delivery_id)
       ) as repeats
from deliveries d
left join staff s on s.clinic_id = d.clinic_id and s.staff_id = d.staff_id
left join patients p on p.clinic_id = d.clinic_id and p.patient_id = d.patient_id
left join webhooks w on w.clinic_id = d.clinic_id and w.webhook_id = d.webhook_id
left join addresses a on a.clinic_id = d.clinic_id and a.address_id = d.address_id
left join alerts x on x.clinic_id = d.clinic_id and x.id = d.alert_id
where d.clinic_id = $1 and d.delivery_id = $2;

-- name: by_what
select delivery_id from deliveries where clinic_id = $1 and what = $2 order by queued_at, delivery_id limit 1;

-- name: arrived
-- Of each instant the earliest that was said; what was opened was shown.
update deliveries
set delivered_at = least(delivered_at, greatest($5, queued_at)),
    opened_at = case when $6 then least(opened_at, greatest($5, queued_at)) else opened_at end
where clinic_id = $1 and delivery_id = $2 and (staff_id = $3 or patient_id = $4)
returning delivery_id, delivered_at, opened_at;

-- name: seen_by
-- Somebody whom it told looks at the alert: whatever told them has done its work.
update deliveries set delivered_at = coalesce(delivered_at, $4), opened_at = $4
where clinic_id = $1 and alert_id = $2 and staff_id = $3 and state = 'sent' and opened_at is null;

-- name: newest_of_hooks
select n.delivery_id from webhooks w
cross join lateral (
    select d.delivery_id from deliveries d
    where d.clinic_id = w.clinic_id and d.webhook_id = w.webhook_id order by d.queued_at desc, d.delivery_id desc limit 1
) n
where w.clinic_id = $1;
