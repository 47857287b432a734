-- name: create
insert into staff (clinic_id, staff_id, email, name, role, password_hash, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (clinic_id, email) do nothing
returning staff_id;

-- name: get
select staff_id, email, name, role from staff where clinic_id = $1 and staff_id = $2;

-- name: all_active
select staff_id, email, name, role from staff where clinic_id = $1 and disabled_at is null order by name, staff_id;

-- name: credentials
select staff_id, email, name, role, password_hash from staff
where clinic_id = $1 and email = $2 and disabled_at is null;

-- name: open_sign_in
insert into sign_ins (clinic_id, token_hash, staff_id, created_at, seen_at, expires_at)
values ($1, $2, $3, $4, $4, $5);

-- name: sign_in_holder
select staff_id, email, name, role from sign_in_holder($1, $2, $3);

-- name: close_sign_in
delete from sign_ins where clinic_id = $1 and token_hash = $2;

-- name: several
select staff_id, email, name, role from staff where clinic_id = $1 and staff_id = any ($2::uuid[]);
