-- name: put
insert into due_work (clinic_id, kind, subject_id, due_at, urgency) values ($1, $2, $3, $4, $5)
on conflict (clinic_id, kind, subject_id) do update
set due_at = excluded.due_at, urgency = excluded.urgency, fence = due_work.fence + 1;

-- name: bring_forward
insert into due_work (clinic_id, kind, subject_id, due_at, urgency) values ($1, $2, $3, $4, $5)
on conflict (clinic_id, kind, subject_id) do update
set due_at = least(due_work.due_at, excluded.due_at), urgency = excluded.urgency, fence = due_work.fence + 1;

-- name: drop
delete from due_work where clinic_id = $1 and kind = $2 and subject_id = $3;

-- name: claim
with next as (
    select w.clinic_id, w.kind, w.subject_id
    from unnest(array[3, 2, 1, 0]) with ordinality as u (urgency, place)
    cross join lateral (
        select clinic_id, kind, subject_id, due_at from due_work
        where kind = $1 and urgency = u.urgency and due_at <= $2
        order by due_at
        limit $4
        for update skip locked
    ) w
    order by u.place, w.due_at
    limit $4
)
update due_work d set due_at = $3, fence = d.fence + 1
from next n
where d.clinic_id = n.clinic_id and d.kind = n.kind and d.subject_id = n.subject_id
returning d.clinic_id, d.subject_id, d.fence;

-- name: finish
delete from due_work where clinic_id = $1 and kind = $2 and subject_id = $3 and fence = $4
returning subject_id;

-- name: postpone
update due_work set due_at = $5, fence = fence + 1
where clinic_id = $1 and kind = $2 and subject_id = $3 and fence = $4
returning subject_id;

-- name: next_due
select min(due_at) from due_work where kind = $1;
