-- name: put
insert into due_work (clinic_id, kind, subject_id, due_at, urgency) values ($1, $2, $3, $4, $5)
on conflict (clinic_id, kind, subject_id) do update
set due_at = excluded.due_at, urgency = excluded.urgency, fence = due_work.fence + 1;

-- name: bring_forward
insert into due_work (clinic_id, kind, subject_id, due_at, urgency) values ($1, $2, $3, $4, $5)
on conflict (clinic_id, kind, subject_id) do update
set due_at = least(due_work.due_at, excluded.due_at), urgency = greatest(due_work.urgency, excluded.urgency),
    fence = due_work.fence + 1;

-- name: drop
delete from due_work where clinic_id = $1 and kind = $2 and subject_id = $3;

-- name: claim
-- The rows are locked here, so they may be named by where they stand: planned for any number of them, a join would read all.
-- coalesce keeps the statistics out: of a server with one clinic they say that no row passes, and all would be sorted.
with due as (
    select w.at, w.clinic_id, w.subject_id, w.due_at, u.place
    from unnest($3::smallint[]) with ordinality as u (urgency, place)
    cross join lateral (
        select ctid as at, clinic_id, subject_id, due_at from due_work
        where kind = $1 and urgency = u.urgency and due_at <= $2 and coalesce(clinic_id <> all ($7::uuid[]), true)
        order by due_at
        limit $5
        for update skip locked
    ) w
), next as (
    select at, clinic_id, subject_id, row_number() over (order by place, due_at) as turn
    from (select *, row_number() over (partition by clinic_id order by place, due_at) as of_clinic from due) shared
    where of_clinic <= $6
    order by turn
    limit $5
), claimed as (
    update due_work d set due_at = $4, fence = d.fence + 1
    where d.ctid = any (array(select at from next))
    returning d.clinic_id, d.subject_id, d.fence
)
select c.clinic_id, c.subject_id, c.fence
from claimed c join next n on n.clinic_id = c.clinic_id and n.subject_id = c.subject_id
order by n.turn;

-- name: renew
with held as (
    select d.clinic_id, d.subject_id
    from unnest($3::uuid[], $4::uuid[], $5::bigint[]) as c (clinic_id, subject_id, fence)
    join due_work d on d.kind = $1 and d.clinic_id = c.clinic_id and d.subject_id = c.subject_id and d.fence = c.fence
    for update of d skip locked
)
update due_work d set due_at = $2
from held h
where d.kind = $1 and d.clinic_id = h.clinic_id and d.subject_id = h.subject_id;

-- name: finish
delete from due_work where clinic_id = $1 and kind = $2 and subject_id = $3 and fence = $4
returning subject_id;

-- name: postpone
update due_work set due_at = $5, urgency = coalesce($6, urgency), fence = fence + 1
where clinic_id = $1 and kind = $2 and subject_id = $3 and fence = $4
returning subject_id;

-- name: bring_all_forward
update due_work set due_at = $2, fence = fence + 1 where kind = $1 and due_at > $2;

-- name: next_due
-- The first of each urgency: their index leads with it, and the least of all would have to be looked for among all.
select min(w.due_at)
from unnest(array[0, 1, 2, 3]::smallint[]) as u (urgency)
cross join lateral (
    select due_at from due_work where kind = $1 and urgency = u.urgency order by due_at limit 1
) w;
