-- name: create
insert into clinics (clinic_id, name, time_zone, country, language, phone, urgent_care, openings, private_webhook_hosts,
                     created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: name_in_directory
insert into clinic_directory (clinic_id, handle) values ($1, $2)
on conflict do nothing
returning handle;

-- name: find
select clinic_id from clinic_directory where handle = $1;

-- name: get
select c.clinic_id, d.handle, c.name, c.time_zone, c.country, c.language, c.phone, c.urgent_care, c.openings,
       c.private_webhook_hosts, c.holidays, c.version
from clinics c join clinic_directory d on d.clinic_id = c.clinic_id
where c.clinic_id = $1
limit 1;

-- name: opened_at
select created_at from clinics where clinic_id = $1;

-- name: put
-- Over the version that was read.
update clinics set name = $3, phone = $4, urgent_care = $5, openings = $6, holidays = $7, version = version + 1
where clinic_id = $1 and version = $2
returning version;

-- name: patients_on_the_clock
-- Whose alerts have a clock that counts opening hours.
select distinct patient_id from alerts
where clinic_id = $1 and state <> 'resolved' and tier in ('same_day', 'soon')
order by patient_id;
