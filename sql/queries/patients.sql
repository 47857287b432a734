-- name: create
insert into patients (clinic_id, patient_id, name, reference, birth_date, phone, email, language, country, time_zone,
                      fitzpatrick, hsv_history, diabetes, immunosuppressed, keloid_history, blood_thinner, baseline,
                      allergies, medicines, prophylaxis, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21);

-- name: update
update patients
set name = $4, reference = $5, birth_date = $6, phone = $7, email = $8, language = $9, country = $10, time_zone = $11,
    fitzpatrick = $12, hsv_history = $13, diabetes = $14, immunosuppressed = $15, keloid_history = $16,
    blood_thinner = $17, baseline = $18, allergies = $19, medicines = $20, prophylaxis = $21, version = version + 1
where clinic_id = $1 and patient_id = $2 and version = $3
returning version;

-- name: get
select patient_id, name, reference, birth_date, phone, email, language, country, time_zone, fitzpatrick, hsv_history,
       diabetes, immunosuppressed, keloid_history, blood_thinner, baseline, allergies, medicines, prophylaxis, version,
       created_at
from patients where clinic_id = $1 and patient_id = $2;

-- name: lock
select patient_id, name, reference, birth_date, phone, email, language, country, time_zone, fitzpatrick, hsv_history,
       diabetes, immunosuppressed, keloid_history, blood_thinner, baseline, allergies, medicines, prophylaxis, version,
       created_at
from patients where clinic_id = $1 and patient_id = $2
for no key update;

-- name: several
select patient_id, name, reference, birth_date, phone, email, language, country, time_zone, fitzpatrick, hsv_history,
       diabetes, immunosuppressed, keloid_history, blood_thinner, baseline, allergies, medicines, prophylaxis, version,
       created_at
from patients where clinic_id = $1 and patient_id = any ($2::uuid[]);

-- name: page
select patient_id, name, reference, birth_date, phone, email, language, country, time_zone, fitzpatrick, hsv_history,
       diabetes, immunosuppressed, keloid_history, blood_thinner, baseline, allergies, medicines, prophylaxis, version,
       created_at
from patients
where clinic_id = $1 and (created_at, patient_id) < ($2, $3)
order by created_at desc, patient_id desc
limit $4;

-- name: search
select patient_id from patient_words
where clinic_id = $1 and word >= $2 and word < $3
order by word, patient_id
limit $4;

-- name: words_of
select distinct patient_id from patient_words
where clinic_id = $1 and patient_id = any ($2::uuid[]) and word >= $3 and word < $4;

-- name: forget_words
delete from patient_words where clinic_id = $1 and patient_id = $2;

-- name: add_words
insert into patient_words (clinic_id, patient_id, word)
select $1, $2, word from unnest($3::text[]) as word
on conflict do nothing;

-- name: move
insert into patient_zones (clinic_id, patient_id, since, time_zone) values ($1, $2, $3, $4)
on conflict do nothing;

-- name: moved_at
select max(since) from patient_zones where clinic_id = $1 and patient_id = $2 having count(*) > 1;

-- name: set_zone
update patients set time_zone = $3, version = version + 1
where clinic_id = $1 and patient_id = $2 and time_zone <> $3;
