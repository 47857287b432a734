-- name: of_clinic
select c.tier, c.version, c.changed_at, c.changed_by,
       coalesce((
           select json_agg(s order by place) from (
               select place, tells, role, staff_id, rota_id from escalation_steps
               where clinic_id = c.clinic_id and tier = c.tier
           ) s
       ), '[]') as steps
from escalation_chains c where c.clinic_id = $1;

-- name: put
-- Over the version that was read; the first change is over version 0, the shipped chain.
insert into escalation_chains (clinic_id, tier, version, changed_at, changed_by)
select $1, $2, $3::integer + 1, $4, $5
where $3 = 0 or exists (select from escalation_chains where clinic_id = $1 and tier = $2 and version = $3)
on conflict (clinic_id, tier) do update set version = $3 + 1, changed_at = $4, changed_by = $5
where escalation_chains.version = $3
returning version;

-- name: drop_steps
delete from escalation_steps where clinic_id = $1 and tier = $2;

-- name: add_steps
insert into escalation_steps (clinic_id, tier, place, tells, role, staff_id, rota_id)
select $1, $2, n.place - 1, n.tells, n.role, n.staff_id, n.rota_id
from unnest($3::text[], $4::text[], $5::uuid[], $6::uuid[]) with ordinality
    as n (tells, role, staff_id, rota_id, place);
