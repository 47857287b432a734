-- name: of_clinic
select distinct on (code) code, version, ask, advise, send_on, changed_at, changed_by
from scripts where clinic_id = $1 order by code, version desc;

-- name: newest
select code, version, ask, advise, send_on, changed_at, changed_by
from scripts where clinic_id = $1 and code = $2 order by version desc limit 1;

-- name: version
select code, version, ask, advise, send_on, changed_at, changed_by
from scripts where clinic_id = $1 and code = $2 and version = $3;

-- name: versions
select code, version, ask, advise, send_on, changed_at, changed_by
from scripts where clinic_id = $1 and code = $2 order by version desc limit $3;

-- name: add
-- Behind the version that was read; the first is behind version 0, the shipped lines. Whoever comes second adds nothing.
insert into scripts (clinic_id, code, version, ask, advise, send_on, changed_at, changed_by)
select $1, $2, $3::integer + 1, $4::text[], $5::text[], $6::text[], $7, $8
where $3 = coalesce((select max(version) from scripts where clinic_id = $1 and code = $2), 0)
on conflict do nothing
returning version;
