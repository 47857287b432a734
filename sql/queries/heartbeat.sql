-- name: beat
insert into workers as w (worker_id, kind, started_at, beat_at, looked_at, claimed_at)
select $1, n.kind, $2, $3, n.looked_at, n.claimed_at
from unnest($4::text[], $5::timestamptz[], $6::timestamptz[]) as n (kind, looked_at, claimed_at)
on conflict (worker_id, kind) do update
set beat_at = excluded.beat_at, looked_at = excluded.looked_at, claimed_at = excluded.claimed_at;

-- name: bury
delete from workers where beat_at < $1;

-- name: kinds
select kind, count(*) filter (where beat_at >= $1) as workers, max(beat_at) as beat_at, max(looked_at) as looked_at, max(claimed_at) as claimed_at
from workers group by kind order by kind;

-- name: newest_beat
-- How old one is that is later than can be, nobody knows: a clock was put back since.
select max(beat_at) from workers where beat_at <= $1;

-- name: alone
select pg_try_advisory_lock($1);

-- name: together
select pg_advisory_unlock($1);

-- name: oldest_urgent
-- For each kind and urgency the first of their index, from kind to kind: how much is due makes no difference.
with recursive kinds as (
    (select kind from due_work order by kind limit 1)
    union all
    select (select d.kind from due_work d where d.kind > k.kind order by d.kind limit 1)
    from kinds k where k.kind is not null
)
select min(w.due_at)
from kinds k cross join unnest($1::smallint[]) as u (urgency)
cross join lateral (
    select due_at from due_work where kind = k.kind and urgency = u.urgency order by due_at limit 1
) w
where k.kind is not null;

-- name: standing
select outage_id, why, since, noticed_at, told_at, well_at from outages where ended_at is null;

-- name: notice
insert into outages (outage_id, why, since, noticed_at) values ($1, $2, $3, $4)
on conflict do nothing;

-- name: write
update outages set told_at = $2, well_at = $3, ended_at = $4 where outage_id = $1;

-- name: forget
delete from outages where outage_id = $1 and told_at is null;

-- name: standstill
-- Of the outage that lasts what one clinic needs to know: that nobody works, or that urgent work of its own waits.
select o.since, o.why = 'no_worker' as nobody
from outages o
where o.ended_at is null and o.told_at is not null and o.well_at is null
  and (o.why = 'no_worker'
       or exists (select from deliveries d where d.clinic_id = $1 and d.what = 'outage:' || o.outage_id));

-- name: unsent
select delivery_id from deliveries where clinic_id = $1 and what = $2 and state in ('queued', 'failed');

-- name: behind
with recursive kinds as (
    (select kind from due_work order by kind limit 1)
    union all
    select (select d.kind from due_work d where d.kind > k.kind order by d.kind limit 1)
    from kinds k where k.kind is not null
)
select distinct w.clinic_id
from kinds k join due_work w on w.kind = k.kind and w.urgency = any ($1::smallint[]) and w.due_at < $2
where k.kind is not null;

-- name: clinics
select clinic_id from clinic_directory order by clinic_id;

-- name: told
select exists (select from deliveries where clinic_id = $1 and what = $2);

-- name: take
-- One piece of work, wherever it stands in the queue.
update due_work set due_at = $5, fence = fence + 1
where clinic_id = $1 and kind = $2 and subject_id = $3 and due_at <= $4
returning fence;

-- name: waits
select exists (select from due_work where clinic_id = $1 and kind = $2 and subject_id = $3);
