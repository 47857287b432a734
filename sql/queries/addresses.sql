-- name: alone
-- Two phones that register one address at once do it one after the other.
select pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 20));

-- name: take
update addresses set retired_at = $5, retired_why = 'registered by somebody else'
where clinic_id = $1 and channel = $2 and address_hash = $3 and retired_at is null and address_id <> $4;

-- name: register
insert into addresses (clinic_id, address_id, channel, address, address_hash, staff_id, patient_id, installation_id, label,
                       created_at, seen_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
on conflict (clinic_id, address_id) do update
set channel = excluded.channel, address = excluded.address, address_hash = excluded.address_hash, label = excluded.label,
    seen_at = excluded.seen_at, retired_at = null, retired_why = ''
where addresses.staff_id is not distinct from excluded.staff_id
  and addresses.patient_id is not distinct from excluded.patient_id
returning address_id;

-- name: in_use
-- Locked: its owner may be registering another one under the same id.
select address from addresses where clinic_id = $1 and address_id = $2 and retired_at is null for no key update;

-- name: retire
update addresses set retired_at = $3, retired_why = $4
where clinic_id = $1 and address_id = $2 and retired_at is null
returning address_id;

-- name: retire_of_installation
update addresses set retired_at = $3, retired_why = $4
where clinic_id = $1 and installation_id = $2 and retired_at is null;

-- name: of_installation
select address_id, address_hash from addresses
where clinic_id = $1 and installation_id = $2 and retired_at is null;

-- name: of_staff
select address_id, channel, label, case channel when 'sms' then right(address, 4) else '' end as ending, created_at, seen_at,
       retired_at, retired_why
from addresses where clinic_id = $1 and staff_id = $2 order by created_at, address_id;

-- name: of_patient
select address_id, channel, label, case channel when 'sms' then right(address, 4) else '' end as ending, created_at, seen_at,
       retired_at, retired_why
from addresses where clinic_id = $1 and patient_id = $2 order by seen_at desc, address_id;

-- name: team
select json_build_object(
    'members', (
        select coalesce(json_agg(m order by m.name, m.staff_id), '[]') from (
            select s.staff_id, s.role, s.name, (
                select json_build_object('time_zone', p.time_zone, 'quiet', p.quiet, 'muted', p.muted, 'digest_at', p.digest_at)
                from staff_preferences p where p.clinic_id = s.clinic_id and p.staff_id = s.staff_id
            ) as preferences, (
                select coalesce(json_agg(json_build_object('channel', a.channel, 'address_id', a.address_id)
                                         order by a.created_at, a.address_id), '[]')
                from addresses a
                where a.clinic_id = s.clinic_id and a.staff_id = s.staff_id and a.retired_at is null
            ) as registered
            from staff s where s.clinic_id = $1 and s.disabled_at is null
        ) m
    ),
    'hooks', (
        select coalesce(json_agg(webhook_id order by created_at, webhook_id), '[]') from webhooks
        where clinic_id = $1 and disabled_at is null
    ),
    'hours', (
        select json_build_object('time_zone', time_zone, 'openings', openings, 'holidays', holidays) from clinics
        where clinic_id = $1
    )
) as team;

-- name: reaches_of_patient
-- The newest seen first; a mail address comes from the patient's own row.
select channel, address_id from addresses where clinic_id = $1 and patient_id = $2 and retired_at is null
order by seen_at desc, address_id;
