-- name: create
insert into rule_packs (clinic_id, number, pack_id, base, changes, digest, state, note, created_by, created_at, released_by,
                        released_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: lock
-- Whoever changes which pack judges waits for the one before; not in the way of what only refers to a pack.
select number from rule_packs where clinic_id = $1 order by number for no key update;

-- name: every
select number, pack_id, base, changes, state, note, version, created_by, created_at, edited_by, edited_at, released_by,
       released_at, retired_at
from rule_packs where clinic_id = $1 order by number;

-- name: get
select number, pack_id, base, changes, state, note, version, created_by, created_at, edited_by, edited_at, released_by,
       released_at, retired_at
from rule_packs where clinic_id = $1 and number = $2;

-- name: page
select number, pack_id, base, changes, state, note, version, created_by, created_at, edited_by, edited_at, released_by,
       released_at, retired_at
from rule_packs where clinic_id = $1 and (created_at, pack_id) < ($2, $3)
order by created_at desc, pack_id desc limit $4;

-- name: in_use
select number, state, encode(digest, 'hex') as digest from rule_packs
where clinic_id = $1 and state in ('live', 'shadow') order by number;

-- name: edit
update rule_packs set changes = $3, digest = $4, note = $5, edited_by = $6, edited_at = $7, version = version + 1
where clinic_id = $1 and number = $2 and state = 'draft' and version = $8;

-- name: set_state
update rule_packs set state = $3, released_by = coalesce($4, released_by), released_at = coalesce($5, released_at),
                      retired_at = $6, version = version + 1
where clinic_id = $1 and number = $2;

-- name: mute
insert into muted_findings (clinic_id, muted_id, number, episode_id, patient_id, check_in_id, code, row, tier, at)
select $1, m.muted_id, m.number, m.episode_id, m.patient_id, m.check_in_id, m.code, m.row, m.tier, m.at
from unnest($2::uuid[], $3::int[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[],
            $10::timestamptz[]) m (muted_id, number, episode_id, patient_id, check_in_id, code, row, tier, at)
on conflict do nothing;

-- name: muted_counts
select code, row, tier, count(*)::int as findings, count(distinct patient_id)::int as patients
from muted_findings where clinic_id = $1 and number = $2 and at >= $3
group by code, row, tier order by count(*) desc, code, row, tier;
