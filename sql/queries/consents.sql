-- name: record
insert into consents (clinic_id, patient_id, kind, given_at, granted, text_version, language)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing;

-- name: newest
select distinct on (kind) kind, given_at, granted, text_version, language from consents
where clinic_id = $1 and patient_id = $2
order by kind, given_at desc;
