-- name: keep
insert into process_counts (process_id, metric, labels, value, counted_at)
select $1, n.metric, string_to_array(n.labels, E'\x1f'), n.value, $2
from unnest($3::text[], $4::text[], $5::float8[]) as n (metric, labels, value)
on conflict (process_id, metric, labels) do update set value = excluded.value, counted_at = excluded.counted_at;

-- name: counted
-- Of processes that ended, what they counted goes on counting; how they stood does not.
select metric, labels, process_id, value, counted_at from process_counts;

-- name: fold
-- What ended processes have counted is added up under one name, so that they do not become ever more.
with ended as (
    select process_id from process_counts where process_id <> $1 group by process_id having max(counted_at) < $2
), gone as (
    delete from process_counts c using ended e where c.process_id = e.process_id
    returning c.metric, c.labels, c.value
)
insert into process_counts as p (process_id, metric, labels, value, counted_at)
select $1, metric, labels, sum(value), $2 from gone where metric <> all ($3::text[]) group by metric, labels
on conflict (process_id, metric, labels) do update set value = p.value + excluded.value;

-- name: due
-- What is due of each kind and urgency, and since when. Counted up to a bound: who is that far behind need not know better.
with recursive kinds as (
    (select kind from due_work order by kind limit 1)
    union all
    select (select d.kind from due_work d where d.kind > k.kind order by d.kind limit 1)
    from kinds k where k.kind is not null
)
select k.kind, u.urgency, w.count, w.oldest
from kinds k cross join unnest(array[0, 1, 2, 3]::smallint[]) as u (urgency)
cross join lateral (
    select count(*) as count, min(due_at) as oldest
    from (
        select due_at from due_work where kind = k.kind and urgency = u.urgency and due_at <= $1
        order by due_at limit $2
    ) first
) w
where k.kind is not null and w.count > 0;

-- name: standing_everywhere
select clinic_id, what, first, second, count from standing_everywhere($1);

-- name: unsealed
select count(*) as count, min(at) as oldest
from (select at from audit_entries where number is null limit $1) first;
