-- name: in_use
select version, set_id from instruction_sets where clinic_id = $1 and state = 'published'
order by version desc
limit 1;

-- name: get
select version, state, note, copied_from, revision, created_by, created_at, edited_at, published_by, published_at, instructions
from instruction_sets where clinic_id = $1 and version = $2;

-- name: draft
select version from instruction_sets where clinic_id = $1 and state = 'draft';

-- name: page
select version, state, note, copied_from, revision, created_by, created_at, edited_at, published_by, published_at
from instruction_sets
where clinic_id = $1 and version < $2
order by version desc
limit $3;

-- name: begin
-- The next number; nothing where a draft is being written already, or somebody took the number first.
insert into instruction_sets (clinic_id, version, set_id, state, note, copied_from, instructions, created_by, created_at, edited_at)
select $1, coalesce(max(version), 0) + 1, $7, 'draft', $2, $3, $4, $5, $6, $6 from instruction_sets where clinic_id = $1
on conflict do nothing
returning version;

-- name: edit
update instruction_sets set note = $4, instructions = $5, edited_at = $6, revision = revision + 1
where clinic_id = $1 and version = $2 and revision = $3 and state = 'draft'
returning revision;

-- name: end_draft
update instruction_sets
set state = $4, published_by = case $4 when 'published' then $5::uuid end, published_at = case $4 when 'published' then $6::timestamptz end,
    revision = revision + 1
where clinic_id = $1 and version = $2 and revision = $3 and state = 'draft'
returning revision;

-- name: deliver
-- A phone asks often and gets the same: whoever finds the row neither writes nor locks it.
insert into instructions_shown (clinic_id, patient_id, date, version, shipped, modality, day, languages, delivered_at)
select $1, $2, $3, $4, $5, $6, $7, $8, $9
where not exists (
    select from instructions_shown
    where clinic_id = $1 and patient_id = $2 and date = $3 and version = $4 and delivered_at is not null
)
on conflict (clinic_id, patient_id, date, version) do update set delivered_at = excluded.delivered_at
where instructions_shown.delivered_at is null;

-- name: show
insert into instructions_shown (clinic_id, patient_id, date, version, shipped, modality, day, languages, shown_at)
select $1, $2, $3, $4, $5, $6, $7, $8, $9
where not exists (
    select from instructions_shown
    where clinic_id = $1 and patient_id = $2 and date = $3 and version = $4 and shown_at <= $9
)
on conflict (clinic_id, patient_id, date, version) do update set shown_at = excluded.shown_at
where instructions_shown.shown_at is null or instructions_shown.shown_at > excluded.shown_at;

-- name: shown
select date, version, shipped, modality, day, languages, delivered_at, shown_at from instructions_shown
where clinic_id = $1 and patient_id = $2 and (date, version) < ($3, $4)
order by date desc, version desc
limit $5;
