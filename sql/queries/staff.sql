-- name: create
insert into staff (clinic_id, staff_id, email, name, role, password_hash, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (clinic_id, email) do nothing
returning staff_id;

-- name: get
select staff_id, email, name, role from staff where clinic_id = $1 and staff_id = $2;

-- name: all_active
select staff_id, email, name, role from staff where clinic_id = $1 and disabled_at is null order by name, staff_id;

-- name: all_disabled
select staff_id, email, name, role from staff where clinic_id = $1 and disabled_at is not null order by name, staff_id;

-- name: accounts
select staff_id, email, name, role, created_at, disabled_at from staff where clinic_id = $1
order by disabled_at is not null, name, staff_id;

-- name: by_email
select staff_id, email, name, role from staff where clinic_id = $1 and email = $2;

-- name: lock_active
-- Two who shut each other out at once take turns.
select staff_id from staff where clinic_id = $1 and staff_id = any ($2::uuid[]) and disabled_at is null
order by staff_id
for no key update;

-- name: set_disabled
update staff set disabled_at = $3 where clinic_id = $1 and staff_id = $2 and (disabled_at is null) <> ($3::timestamptz is null)
returning staff_id;

-- name: set_password
update staff set password_hash = $3
where clinic_id = $1 and staff_id = $2 and disabled_at is null and password_hash = coalesce($4, password_hash)
returning staff_id;

-- name: credentials
select staff_id, email, name, role, password_hash from staff
where clinic_id = $1 and email = $2 and disabled_at is null;

-- name: open_sign_in
-- Only while the password that was proved is still the password: setting a new one waits for this, or this for it.
insert into sign_ins (clinic_id, token_hash, staff_id, created_at, seen_at, expires_at)
select clinic_id, $2, staff_id, $4, $4, $5 from staff
where clinic_id = $1 and staff_id = $3 and password_hash = $6 and disabled_at is null
for share
returning staff_id;

-- name: sign_in_holder
select staff_id, email, name, role from sign_in_holder($1, $2, $3);

-- name: forget_expired
delete from sign_ins where clinic_id = $1 and staff_id = $2 and expires_at <= $3;

-- name: close_sign_in
delete from sign_ins where clinic_id = $1 and token_hash = $2;

-- name: close_sign_ins
delete from sign_ins where clinic_id = $1 and staff_id = $2 and token_hash is distinct from $3;

-- name: several
select staff_id, email, name, role from staff where clinic_id = $1 and staff_id = any ($2::uuid[]);
