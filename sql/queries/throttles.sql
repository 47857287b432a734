-- name: failures
select coalesce(max(failures), 0)::int as failures, max(since) as since from throttles
where clinic_id = $1 and subject_hash = any ($2::bytea[]) and since > $3;

-- name: count_failure
insert into throttles (clinic_id, subject_hash, failures, since) values ($1, $2, 1, $3)
on conflict (clinic_id, subject_hash) do update
set failures = case when throttles.since > $4 then throttles.failures + 1 else 1 end,
    since = case when throttles.since > $4 then throttles.since else $3 end;

-- name: forget
delete from throttles where clinic_id = $1 and subject_hash = any ($2::bytea[]);
