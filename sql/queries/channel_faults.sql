-- name: failed
-- What failed last so long ago that it says nothing about today begins anew.
insert into channel_faults as f (clinic_id, fault_id, channel, webhook_id, why, since, last_at, failures, answer)
values ($1, $2, $3, $4, 'failing', $5, $5, 1, $6)
on conflict (clinic_id, channel, webhook_id) where ended_at is null do update
set since = case when f.told_at is null and f.last_at < $7 then excluded.since else f.since end,
    failures = case when f.told_at is null and f.last_at < $7 then 1 else f.failures + 1 end,
    last_at = greatest(f.last_at, excluded.last_at), answer = excluded.answer
returning fault_id, channel, webhook_id, why, since, last_at, failures, answer, told_at, ended_at, told_end_at;

-- name: lost
-- Over for good, until somebody puts it right: news even where failures were told before.
insert into channel_faults as f (clinic_id, fault_id, channel, webhook_id, why, since, last_at, failures, answer)
values ($1, $2, $3, $4, $7, $5, $5, 1, $6)
on conflict (clinic_id, channel, webhook_id) where ended_at is null do update
set why = excluded.why, since = excluded.since, last_at = excluded.last_at, failures = f.failures + 1, answer = excluded.answer,
    told_at = null
returning fault_id;

-- name: worked
with untold as (
    delete from channel_faults
    where clinic_id = $1 and channel = $2 and webhook_id is not distinct from $3 and ended_at is null and told_at is null
)
update channel_faults set ended_at = $4
where clinic_id = $1 and channel = $2 and webhook_id is not distinct from $3 and ended_at is null and told_at is not null
returning fault_id;

-- name: lock
select fault_id, channel, webhook_id, why, since, last_at, failures, answer, told_at, ended_at, told_end_at
from channel_faults where clinic_id = $1 and fault_id = $2 for update;

-- name: told
update channel_faults set told_at = $3 where clinic_id = $1 and fault_id = $2;

-- name: told_end
update channel_faults set told_end_at = $3 where clinic_id = $1 and fault_id = $2;

-- name: standing
-- Those that the admins were told of and that go on. That nobody has an address may be wanted: said for a week.
select f.fault_id, f.channel, f.webhook_id, f.why, f.since, f.last_at, f.failures, f.answer, f.told_at, f.ended_at, f.told_end_at,
       coalesce(substring(w.url from '^https?://([^/?#]+)'), '') as host
from channel_faults f
left join webhooks w on w.clinic_id = f.clinic_id and w.webhook_id = f.webhook_id
where f.clinic_id = $1 and f.ended_at is null and f.told_at is not null
  and (f.why <> 'no_address' or (f.last_at > $2 and not exists (
      select from addresses a
      where a.clinic_id = f.clinic_id and a.channel = f.channel and a.staff_id is not null and a.retired_at is null
  )))
order by f.since, f.fault_id;

-- name: staff_have
select exists (
    select from staff s join addresses a on a.clinic_id = s.clinic_id and a.staff_id = s.staff_id
    where s.clinic_id = $1 and s.disabled_at is null and a.channel = $2 and a.retired_at is null
);
