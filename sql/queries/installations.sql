-- name: invite
insert into invitations (clinic_id, code_hash, patient_id, made_by, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6);

-- name: lock_invitation
select patient_id, expires_at, used_at, used_by from invitations
where clinic_id = $1 and code_hash = $2
for update;

-- name: use_invitation
update invitations set used_at = coalesce(used_at, $3), used_by = $4 where clinic_id = $1 and code_hash = $2;

-- name: end_invitations
-- Also for who came a moment before, and waits for the row.
update invitations set expires_at = created_at where clinic_id = $1 and patient_id = $2 and expires_at > $3;

-- name: enrol
insert into installations (clinic_id, installation_id, patient_id, app_version, device, enrolled_at, seen_at)
values ($1, $2, $3, $4, $5, $6, $6)
on conflict (clinic_id, installation_id) do update
set revoked_at = null, enrolled_at = excluded.enrolled_at, app_version = excluded.app_version, device = excluded.device
where installations.patient_id = excluded.patient_id
returning installation_id;

-- name: lock
select patient_id, revoked_at from installations where clinic_id = $1 and installation_id = $2 for update;

-- name: revoke
update installations set revoked_at = $3 where clinic_id = $1 and installation_id = $2 and revoked_at is null;

-- name: forget_tokens
delete from tokens where clinic_id = $1 and installation_id = $2;

-- name: forget_expired
-- The oldest few each time: more are forgotten than come, however many there are.
delete from tokens where clinic_id = $1 and installation_id = $2 and refresh_expires_at <= $3 and generation in (
    select generation from tokens where clinic_id = $1 and installation_id = $2 order by generation limit 10
);

-- name: newest_generation
select coalesce(max(generation), 0)::int from tokens where clinic_id = $1 and installation_id = $2;

-- name: issue
insert into tokens (clinic_id, installation_id, generation, access_hash, refresh_hash, issued_at, access_expires_at,
                    refresh_expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (clinic_id, installation_id, generation) do update
set access_hash = excluded.access_hash, refresh_hash = excluded.refresh_hash, issued_at = excluded.issued_at,
    access_expires_at = excluded.access_expires_at, refresh_expires_at = excluded.refresh_expires_at;

-- name: access_holder
select installation_id, patient_id from access_holder($1, $2, $3);

-- name: by_refresh
select installation_id, generation, first_used_at, refresh_expires_at from tokens
where clinic_id = $1 and refresh_hash = $2;

-- name: first_used
select first_used_at from tokens where clinic_id = $1 and installation_id = $2 and generation = $3;

-- name: of_patient
select i.installation_id, i.app_version, i.device, i.enrolled_at, i.seen_at, i.revoked_at, exists (
    select from addresses a
    where a.clinic_id = i.clinic_id and a.installation_id = i.installation_id and a.retired_at is null
) as pushed
from installations i where i.clinic_id = $1 and i.patient_id = $2 order by i.enrolled_at desc, i.installation_id;

-- name: describe
update installations set app_version = $3, locale = coalesce($4, locale), time_zone = coalesce($5, time_zone), seen_at = $6
where clinic_id = $1 and installation_id = $2;

-- name: view
select i.installation_id, i.app_version, i.locale, i.time_zone, i.seen_at, (
    select row_to_json(p) from (
        select a.address_id, a.channel, a.label, '' as ending, a.created_at, a.seen_at, a.retired_at, a.retired_why
        from addresses a
        where a.clinic_id = i.clinic_id and a.installation_id = i.installation_id and a.retired_at is null
        order by a.seen_at desc limit 1
    ) p
) as push
from installations i where i.clinic_id = $1 and i.installation_id = $2;
