-- name: add
insert into call_list (clinic_id, episode_id, day, patient_id, missed, reason, added_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing
returning day;

-- name: open_items
select episode_id, day, patient_id, missed, reason, added_at from call_list
where clinic_id = $1 and done_at is null order by added_at, episode_id limit 200;

-- name: done
update call_list set done_at = $4, done_by = $5
where clinic_id = $1 and episode_id = $2 and day = $3 and done_at is null
returning patient_id;

-- name: count_open
select count(*)::int from call_list where clinic_id = $1 and done_at is null;

-- name: answered
update call_list set done_at = $3 where clinic_id = $1 and patient_id = $2 and done_at is null;
