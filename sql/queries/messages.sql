-- name: keep
insert into messages (clinic_id, patient_id, message_id, direction, text, photos, written_at, received_at, judged_at, time_zone,
                      staff_id, installation_id, urgent, flag, digest, answer, read_due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- name: known
select digest, answer from messages where clinic_id = $1 and patient_id = $2 and message_id = $3;

-- name: count_since
select count(*) from messages
where clinic_id = $1 and patient_id = $2 and received_at > $3 and direction = 'from_patient';

-- name: page
-- The newest before a place. Of the photos those that are here: one may be on its way, or erased.
select m.message_id, m.direction, m.text, m.written_at, m.received_at, m.staff_id, s.name as staff_name, m.urgent, m.flag,
       m.read_due_at, m.late_at, m.read_at, m.read_by, r.name as read_by_name, cardinality(m.photos) as photos_named,
       array(
           select p.photo_id from unnest(m.photos) with ordinality as wanted (photo_id, place)
           join photos p on p.clinic_id = m.clinic_id and p.patient_id = m.patient_id and p.photo_id = wanted.photo_id
           order by wanted.place
       ) as photos
from messages m
left join staff s on s.clinic_id = m.clinic_id and s.staff_id = m.staff_id
left join staff r on r.clinic_id = m.clinic_id and r.staff_id = m.read_by
where m.clinic_id = $1 and m.patient_id = $2 and (m.received_at, m.message_id) < ($3, $4)
order by m.received_at desc, m.message_id desc limit $5;

-- name: one
select m.message_id, m.direction, m.text, m.written_at, m.received_at, m.staff_id, s.name as staff_name, m.urgent, m.flag,
       m.read_due_at, m.late_at, m.read_at, m.read_by, r.name as read_by_name, cardinality(m.photos) as photos_named,
       array(
           select p.photo_id from unnest(m.photos) with ordinality as wanted (photo_id, place)
           join photos p on p.clinic_id = m.clinic_id and p.patient_id = m.patient_id and p.photo_id = wanted.photo_id
           order by wanted.place
       ) as photos
from messages m
left join staff s on s.clinic_id = m.clinic_id and s.staff_id = m.staff_id
left join staff r on r.clinic_id = m.clinic_id and r.staff_id = m.read_by
where m.clinic_id = $1 and m.patient_id = $2 and m.message_id = $3;

-- name: mark_read
-- Everything of one direction up to a message, or up to an instant where none is named.
update messages set read_at = $5, read_by = $6
where clinic_id = $1 and patient_id = $2 and direction = $3 and read_at is null
  and (received_at, message_id) <= (
      coalesce((select u.received_at from messages u where u.clinic_id = $1 and u.patient_id = $2 and u.message_id = $4), $5),
      coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
returning message_id;

-- name: unread
select count(*) from messages
where clinic_id = $1 and patient_id = $2 and direction = 'from_patient' and read_at is null;

-- name: next_due
select min(read_due_at) from messages
where clinic_id = $1 and patient_id = $2 and direction = 'from_patient' and read_at is null and late_at is null;

-- name: overdue
select message_id, text, written_at, received_at, judged_at, time_zone from messages
where clinic_id = $1 and patient_id = $2 and direction = 'from_patient' and read_at is null and late_at is null
  and read_due_at <= $3
order by received_at, message_id;

-- name: mark_late
update messages set late_at = $4 where clinic_id = $1 and patient_id = $2 and message_id = any ($3::uuid[]);

-- name: spoken_since
select message_id, text, written_at, received_at, judged_at, time_zone from messages
where clinic_id = $1 and patient_id = $2 and direction = 'from_patient' and judged_at >= $3
order by judged_at, message_id;

-- name: waiting
-- Whose messages nobody of the clinic has read, the longest waiting first.
select w.patient_id, p.name, p.reference, w.unread, w.waiting_since, w.read_due_at, w.late, w.flags,
       l.received_at as last_at, l.message_id as last_id, l.direction as last_direction
from (
    select patient_id, count(*)::int as unread, min(received_at) as waiting_since, min(read_due_at) as read_due_at,
           bool_or(late_at is not null) as late, array_agg(flag) filter (where flag is not null) as flags
    from messages
    where clinic_id = $1 and direction = 'from_patient' and read_at is null
    group by patient_id
    having (min(received_at), patient_id) > ($2, $3)
    order by min(received_at), patient_id limit $4
) w
join patients p on p.clinic_id = $1 and p.patient_id = w.patient_id
cross join lateral (
    select received_at, message_id, direction from messages m
    where m.clinic_id = $1 and m.patient_id = w.patient_id
    order by m.received_at desc, m.message_id desc limit 1
) l
order by w.waiting_since, w.patient_id;

-- name: recent
-- The last message of each conversation, the newest first, found along the index of all messages.
select m.patient_id, p.name, p.reference, u.unread, u.waiting_since, u.read_due_at, u.late,
       coalesce(u.flags, array[m.flag]) as flags,
       m.received_at as last_at, m.message_id as last_id, m.direction as last_direction
from messages m
join patients p on p.clinic_id = $1 and p.patient_id = m.patient_id
cross join lateral (
    select count(*)::int as unread, min(received_at) as waiting_since, min(read_due_at) as read_due_at,
           coalesce(bool_or(late_at is not null), false) as late, array_agg(flag) filter (where flag is not null) as flags
    from messages w
    where w.clinic_id = $1 and w.patient_id = m.patient_id and w.direction = 'from_patient' and w.read_at is null
) u
where m.clinic_id = $1 and (m.received_at, m.message_id) < ($2, $3)
  and not exists (
      select from messages n
      where n.clinic_id = $1 and n.patient_id = m.patient_id and (n.received_at, n.message_id) > (m.received_at, m.message_id)
  )
order by m.received_at desc, m.message_id desc limit $4;

-- name: waiting_count
select count(distinct patient_id) from messages
where clinic_id = $1 and direction = 'from_patient' and read_at is null;

-- name: unread_of_clinic
select count(*) from messages
where clinic_id = $1 and patient_id = $2 and direction = 'from_clinic' and read_at is null;

-- name: spoken
select message_id, text, written_at, received_at, judged_at, time_zone from messages
where clinic_id = $1 and patient_id = any ($2::uuid[]) and message_id = any ($3::uuid[]) and direction = 'from_patient';

-- name: answers_to
select message_id, answer from messages
where clinic_id = $1 and patient_id = $2 and message_id = any ($3::uuid[]) and answer is not null;
