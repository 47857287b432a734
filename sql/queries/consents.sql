-- name: record
-- Two words of one instant keep their order: the later one counts a microsecond later. A word that counts from before
-- stands where it was given.
insert into consents (clinic_id, patient_id, kind, given_at, granted, text_version, language, text, received_at)
select $1, $2, $3,
       case when $4::timestamptz < $9::timestamptz then $4
            else greatest($4, (
                select max(given_at) + interval '1 microsecond' from consents
                where clinic_id = $1 and patient_id = $2 and kind = $3
            )) end,
       $5, $6, $7, $8, $9
on conflict do nothing
returning given_at;

-- name: newest
select distinct on (kind) kind, given_at, granted, text_version, language from consents
where clinic_id = $1 and patient_id = $2
order by kind, given_at desc;

-- name: words
select kind, given_at, coalesce(received_at, given_at) as received_at, granted, text_version, language,
       coalesce(text, '') as text
from consents where clinic_id = $1 and patient_id = $2
order by given_at desc, kind limit $3;

-- name: photos_for
-- Of each patient whose newest word on the purpose is yes, and who did not say no to photos as such; each photo with the
-- session before it, else the next one. Of $6 to $11 what is null leaves it open; $11 is the end of an id.
select p.photo_id, p.patient_id, p.view, p.taken_at, p.width, p.height, p.session_id, p.modality, p.session_at,
       p.needle_depth_mm, patients.time_zone, agreed.given_at as agreed_at, agreed.text_version
from (
    select distinct on (patient_id) patient_id, granted, given_at, text_version from consents
    where clinic_id = $1 and kind = $2 and ($10::uuid is null or patient_id = $10)
    order by patient_id, given_at desc
) agreed
join patients on patients.clinic_id = $1 and patients.patient_id = agreed.patient_id
cross join lateral (
    select granted from (
        select granted, given_at from consents
        where clinic_id = $1 and patient_id = agreed.patient_id and kind = 'photos'
        union all select true, '-infinity'::timestamptz
    ) words order by given_at desc limit 1
) photos_word
cross join lateral (
    select photos.*, s.session_id, s.modality, s.session_at, s.needle_depth_mm
    from photos
    left join lateral (
        select session_id, modality, session_at, needle_depth_mm from sessions
        where clinic_id = $1 and sessions.patient_id = photos.patient_id
        order by session_at <= photos.taken_at desc, abs(extract(epoch from session_at - photos.taken_at)), session_id limit 1
    ) s on true
    where photos.clinic_id = $1 and photos.patient_id = agreed.patient_id and (taken_at, photo_id) < ($3, $4)
      and ($6::text is null or photos.view = $6) and ($7::text is null or s.modality = $7)
      and ($8::interval is null or photos.taken_at - s.session_at >= $8)
      and ($9::interval is null or photos.taken_at - s.session_at <= $9)
      and ($11::text is null or right(photos.photo_id::text, 12) = $11)
    order by taken_at desc, photo_id desc limit $5
) p
where agreed.granted and photos_word.granted
order by p.taken_at desc, p.photo_id desc limit $5;

-- name: views_by_staff
select a.entry_id, a.at, a.action, a.subject_id as photo_id, s.name as by, s.role, p.view, p.taken_at
from audit_entries a
left join staff s on s.clinic_id = $1 and s.staff_id = a.actor_id
left join photos p on p.clinic_id = $1 and p.patient_id = a.patient_id and p.photo_id = a.subject_id
where a.clinic_id = $1 and a.patient_id = $2 and a.entry_id < $3 and a.actor_kind = 'staff' and a.action = any($4)
order by a.entry_id desc limit $5;
