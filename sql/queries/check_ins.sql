-- name: keep
with new as (
    select * from unnest($8::uuid[], $9::int[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::int[],
                         $14::text[], $15::text[], $16::uuid[], $17::uuid[], $18::boolean[], $19::json[], $20::json[],
                         $21::bytea[], $22::json[], $23::uuid[], $24::bytea[])
        as n (check_in_id, instrument, recorded_at, received_at, judged_at, said_day, time_zone, answered_by, staff_id,
              supersedes, unscheduled, answers, set_aside, digest, answer, entry_id, detail_hash)
), on_record as (
    insert into audit_entries (clinic_id, entry_id, at, actor_kind, actor_id, action, patient_id, subject_id, detail_hash)
    select $1, entry_id, $4, $5, $6, $7, $2, check_in_id, detail_hash from new
)
insert into check_ins (clinic_id, patient_id, installation_id, check_in_id, instrument, recorded_at, received_at, judged_at,
                       said_day, time_zone, answered_by, staff_id, supersedes, unscheduled, answers, set_aside, digest, answer)
select $1, $2, $3, check_in_id, instrument, recorded_at, received_at, judged_at, said_day, time_zone, answered_by, staff_id,
       supersedes, unscheduled, answers, set_aside, digest, answer
from new;

-- name: get
select check_in_id, instrument, recorded_at, received_at, judged_at, said_day, time_zone, answered_by, staff_id,
       supersedes, unscheduled, answers, set_aside
from check_ins where clinic_id = $1 and patient_id = $2 and check_in_id = $3;

-- name: since
select check_in_id, instrument, recorded_at, received_at, judged_at, said_day, time_zone, answered_by, staff_id,
       supersedes, unscheduled, answers, set_aside
from check_ins where clinic_id = $1 and patient_id = $2 and judged_at >= $3
order by judged_at, check_in_id;

-- name: page
select check_in_id, instrument, recorded_at, received_at, judged_at, said_day, time_zone, answered_by, staff_id,
       supersedes, unscheduled, answers, set_aside
from check_ins where clinic_id = $1 and patient_id = $2 and (judged_at, check_in_id) < ($3, $4)
order by judged_at desc, check_in_id desc limit $5;

-- name: since_of_several
select patient_id, check_in_id, instrument, recorded_at, received_at, judged_at, said_day, time_zone, answered_by, staff_id,
       supersedes, unscheduled, answers, set_aside
from check_ins where clinic_id = $1 and patient_id = any ($2::uuid[]) and judged_at >= $3
order by patient_id, judged_at, check_in_id;

-- name: since_each
select k.patient_id, k.check_in_id, k.instrument, k.recorded_at, k.received_at, k.judged_at, k.said_day, k.time_zone, k.answered_by,
       k.staff_id, k.supersedes, k.unscheduled, k.answers, k.set_aside
from unnest($2::uuid[], $3::timestamptz[]) as wanted (patient_id, start)
cross join lateral (
    select * from check_ins c
    where c.clinic_id = $1 and c.patient_id = wanted.patient_id and c.judged_at >= wanted.start
    order by c.judged_at desc limit $4
) k
order by k.patient_id, k.judged_at, k.check_in_id;

-- name: newest_each
select wanted.patient_id, k.judged_at
from unnest($2::uuid[]) as wanted (patient_id)
cross join lateral (
    select judged_at from check_ins c where c.clinic_id = $1 and c.patient_id = wanted.patient_id
    order by c.judged_at desc limit 1
) k;

-- name: answers_to
select check_in_id, answer from check_ins
where clinic_id = $1 and patient_id = $2 and check_in_id = any ($3::uuid[]);
