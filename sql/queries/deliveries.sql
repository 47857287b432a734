-- name: queue
-- Of several of the same `what` to the same recipient the first counts; what was queued before is left as it is.
with new as (
    select * from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::uuid[],
                         $10::uuid[], $11::uuid[], $12::smallint[], $13::timestamptz[], $14::timestamptz[], $15::text[],
                         $16::text[], $17::timestamptz[], $18::smallint[])
        as n (delivery_id, channel, kind, what, tier, staff_id, patient_id, webhook_id, address_id, alert_id, day, queued_at,
              held_until, held_why, work, due_at, urgency)
), queued as (
    insert into deliveries (clinic_id, delivery_id, channel, kind, what, tier, staff_id, patient_id, webhook_id, address_id,
                            alert_id, day, queued_at, held_until, held_why, again_of)
    select $1, delivery_id, channel, kind, what, tier, staff_id, patient_id, webhook_id, address_id, alert_id, day, queued_at,
           held_until, held_why, case when starts_with(what, 'again:') then split_part(what, ':', 2)::uuid end
    from new
    on conflict do nothing
    returning delivery_id
), due as (
    insert into due_work (clinic_id, kind, subject_id, due_at, urgency)
    select $1, n.work, n.delivery_id, n.due_at, n.urgency from new n join queued q on q.delivery_id = n.delivery_id
)
select pg_notify($19, work) from (select distinct n.work from new n join queued q on q.delivery_id = n.delivery_id) each;

-- name: to_send
select d.delivery_id, d.channel, d.kind, d.what, d.tier, d.staff_id, d.patient_id, d.webhook_id, d.address_id, d.alert_id, d.day,
       d.state, d.attempts, d.queued_at, d.held_until, a.address, s.email as staff_email, p.email as patient_email,
       p.language as patient_language, p.time_zone as patient_time_zone, q.quiet_from, q.quiet_to, w.url as webhook_url, w.secret as webhook_secret,
       case when w.previous_until > $3 then w.previous_secret end as webhook_previous_secret,
       (w.disabled_at is not null or s.disabled_at is not null or a.retired_at is not null) as retired,
       (select min(t.at) from delivery_attempts t
        where t.clinic_id = d.clinic_id and t.delivery_id = d.delivery_id) as first_attempt_at
from deliveries d
left join addresses a on a.clinic_id = d.clinic_id and a.address_id = d.address_id
left join staff s on s.clinic_id = d.clinic_id and s.staff_id = d.staff_id
left join patients p on p.clinic_id = d.clinic_id and p.patient_id = d.patient_id
left join patient_preferences q on q.clinic_id = d.clinic_id and q.patient_id = d.patient_id
left join webhooks w on w.clinic_id = d.clinic_id and w.webhook_id = d.webhook_id
where d.clinic_id = $1 and d.delivery_id = $2;

-- name: lock
select delivery_id, channel, kind, tier, staff_id, patient_id, webhook_id, address_id, alert_id, day, state, attempts, queued_at,
       sent_at, delivered_at, opened_at, ended_at, held_until, held_why
from deliveries where clinic_id = $1 and delivery_id = $2 for no key update;

-- name: tried_of
select channel, address_id from deliveries where clinic_id = $1 and what = $2 and patient_id = $3;

-- name: of_staff_by_what
select delivery_id from deliveries
where clinic_id = $1 and what = $2 and staff_id = $3 and channel = $4 and address_id is not distinct from $5;

-- name: settle
update deliveries set state = $3, attempts = $4, sent_at = $5, ended_at = $6 where clinic_id = $1 and delivery_id = $2;

-- name: add_attempt
insert into delivery_attempts (clinic_id, delivery_id, attempt, at, result, answer) values ($1, $2, $3, $4, $5, $6);

-- name: reminders_of
-- One that was sent again stands for the one that was given up.
select d.day, coalesce(o.what, d.what) as what, d.state, d.queued_at, d.sent_at
from deliveries d
left join deliveries o on o.clinic_id = d.clinic_id and o.delivery_id = d.again_of
where d.clinic_id = $1 and d.patient_id = $2 and d.kind = 'reminder' and d.queued_at >= $3
order by d.queued_at, d.delivery_id;

-- name: attempts_of
select attempt, at, result, answer from delivery_attempts where clinic_id = $1 and delivery_id = $2 order by attempt;

-- name: reminded
select d.patient_id, d.day, bool_or(d.state = 'sent') as sent
from unnest($2::uuid[], $3::timestamptz[]) as wanted (patient_id, start)
join deliveries d on d.clinic_id = $1 and d.patient_id = wanted.patient_id and d.queued_at >= wanted.start
where d.kind = 'reminder'
group by d.patient_id, d.day;
