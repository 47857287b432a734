-- name: record
insert into audit_entries (clinic_id, entry_id, at, actor_kind, actor_id, action, patient_id, subject_id, detail_hash)
select $1, n.*
from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::uuid[], $9::bytea[]) as n;

-- name: clinics_to_seal
-- From clinic to clinic along the index: after an outage one of them may have a million entries.
with recursive waiting as (
    (select clinic_id from audit_entries where number is null order by clinic_id limit 1)
    union all
    select (
        select e.clinic_id from audit_entries e
        where e.number is null and e.clinic_id > w.clinic_id
        order by e.clinic_id limit 1
    )
    from waiting w where w.clinic_id is not null
)
select clinic_id from waiting where clinic_id is not null;

-- name: lock_head
insert into audit_heads as h (clinic_id) values ($1)
on conflict (clinic_id) do update set number = h.number
returning number, chain;

-- name: head
select number, chain from audit_heads where clinic_id = $1;

-- name: unsealed
select entry_id, at, actor_kind, actor_id, action, patient_id, subject_id, detail_hash
from audit_entries where clinic_id = $1 and number is null
order by entry_id limit $2;

-- name: seal
with sealed as (
    update audit_entries a set number = s.number, chain = s.chain
    from unnest($2::uuid[], $3::bigint[], $4::bytea[]) as s (entry_id, number, chain)
    where a.clinic_id = $1 and a.entry_id = s.entry_id
), told as (
    select pg_notify($7, $1::text)
)
update audit_heads set number = $5, chain = $6 from told where clinic_id = $1;

-- name: sealed_after
select entry_id, at, actor_kind, actor_id, action, patient_id, subject_id, detail_hash, number, chain
from audit_entries where clinic_id = $1 and number > $2 order by number limit $3;

-- name: newest_number
select coalesce(max(number), 0)::bigint from audit_entries where clinic_id = $1;
