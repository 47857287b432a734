-- name: of_clinic
-- Every rota with its people in order and the overrides that are not over at $2, the default one first.
select r.rota_id, r.name, r.hand_over, r.every_days, r.starts_on, r.windows, r.is_default, r.version, c.time_zone,
       array(
           select p.staff_id from rota_participants p
           where p.clinic_id = r.clinic_id and p.rota_id = r.rota_id order by p.place
       ) as participants,
       coalesce((
           select json_agg(o order by made_at, override_id) from (
               select override_id, starts_at, ends_at, staff_id, reason, made_at, made_by from rota_overrides
               where clinic_id = r.clinic_id and rota_id = r.rota_id and ends_at > $2
           ) o
       ), '[]') as overrides
from rotas r join clinics c on c.clinic_id = r.clinic_id
where r.clinic_id = $1
order by not r.is_default, r.name;

-- name: count
select count(*)::int from rotas where clinic_id = $1;

-- name: lock
-- Changes of a clinic's rotas take turns: there is one default, and what the gaps are follows from all of them.
select clinic_id from clinics where clinic_id = $1 for no key update;

-- name: insert
insert into rotas (clinic_id, rota_id, name, hand_over, every_days, starts_on, windows, is_default, changed_at, changed_by,
                   version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)
on conflict (clinic_id, name) do nothing
returning rota_id;

-- name: put
update rotas set name = $4, hand_over = $5, every_days = $6, starts_on = $7, windows = $8, is_default = $9,
                 changed_at = $10, changed_by = $11, version = version + 1
where clinic_id = $1 and rota_id = $2 and version = $3
returning version;

-- name: only_default
update rotas set is_default = false where clinic_id = $1 and rota_id <> $2 and is_default;

-- name: drop
delete from rotas where clinic_id = $1 and rota_id = $2 returning rota_id;

-- name: drop_participants
delete from rota_participants where clinic_id = $1 and rota_id = $2;

-- name: add_participants
insert into rota_participants (clinic_id, rota_id, place, staff_id)
select $1, $2, n.place - 1, n.staff_id from unnest($3::uuid[]) with ordinality as n (staff_id, place);

-- name: add_override
insert into rota_overrides (clinic_id, rota_id, override_id, starts_at, ends_at, staff_id, reason, made_at, made_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: drop_override
delete from rota_overrides where clinic_id = $1 and rota_id = $2 and override_id = $3 returning override_id;

-- name: gaps
select starts_at, ends_at from rota_gaps where clinic_id = $1 and ends_at > $2 order by starts_at;

-- name: drop_gaps
delete from rota_gaps where clinic_id = $1;

-- name: add_gaps
insert into rota_gaps (clinic_id, starts_at, ends_at)
select $1, n.starts_at, n.ends_at from unnest($2::timestamptz[], $3::timestamptz[]) as n (starts_at, ends_at);

-- name: on_duty
select staff_id from on_duty where clinic_id = $1;

-- name: is_on_duty
select exists (select from on_duty where clinic_id = $1 and staff_id = $2);

-- name: end_duty
delete from on_duty where clinic_id = $1 and staff_id <> all ($2::uuid[]);

-- name: begin_duty
insert into on_duty (clinic_id, staff_id, since)
select $1, n.staff_id, $3 from unnest($2::uuid[]) as n (staff_id)
on conflict do nothing;
