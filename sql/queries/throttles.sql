-- name: count_try
insert into throttles (clinic_id, subject_hash, failures, since) values ($1, $2, 1, $3)
on conflict (clinic_id, subject_hash) do update
set failures = case when throttles.since > $4 then throttles.failures + 1 else 1 end,
    since = case when throttles.since > $4 then throttles.since else $3 end
returning failures, since;

-- name: give_back
update throttles set failures = failures - 1 where clinic_id = $1 and subject_hash = $2 and failures > 0;

-- name: forget
delete from throttles where clinic_id = $1 and subject_hash = $2;

-- name: forget_old
-- Some at a time, and none that somebody counts at this moment: nobody waits for it.
delete from throttles where clinic_id = $1 and subject_hash in (
    select subject_hash from throttles where clinic_id = $1 and since <= $2 limit 100 for update skip locked
);
