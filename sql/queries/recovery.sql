-- name: gather
-- Everything that a decision about one patient rests on, as one document in one round trip. Check-ins go as far back as
-- what is said at $3 may need: to the newest session before it, and to each older one that may still be monitored then
-- (day 42, or 90; the day more and the exact end are the calendar's). $4 is when the patient came to us, $5 the ids
-- that may have been answered before.
with mine as (
    select e.episode_id, e.patient_id, e.with_day_90, e.opened_at, e.calendar_ends_at, s.session_id, s.course_id, s.modality,
           s.session_at, s.needle_depth_mm, s.pigment_treated, s.anaesthetic
    from episodes e join sessions s on s.clinic_id = e.clinic_id and s.session_id = e.session_id
    where e.clinic_id = $1 and e.patient_id = $2
), back as (
    select coalesce(
        least(
            max(session_at) filter (where session_at <= $3),
            min(session_at) filter (
                where session_at <= $3 and session_at + make_interval(days => case when with_day_90 then 92 else 44 end) > $3
            )
        ), least($4::timestamptz, min(session_at))) - interval '1 day' as start
    from mine
)
select json_build_object(
    'clinic', (
        select row_to_json(c) from (
            select c.clinic_id, d.handle, c.name, c.time_zone, c.country, c.language, c.phone, c.urgent_care, c.openings,
                   c.private_webhook_hosts, c.holidays, c.version
            from clinics c join clinic_directory d on d.clinic_id = c.clinic_id
            where c.clinic_id = $1
            limit 1
        ) c
    ),
    'episodes', (select json_agg(e order by session_at desc, episode_id) from mine e),
    'check_ins', (
        select json_agg(k order by judged_at, check_in_id) from (
            select check_in_id, instrument, recorded_at, received_at, judged_at, said_day, time_zone, answered_by, staff_id,
                   supersedes, unscheduled, answers, set_aside
            from check_ins
            where clinic_id = $1 and patient_id = $2 and judged_at >= (select start from back)
        ) k
    ),
    'alerts', (
        select json_agg(a order by raised_at desc, id) from (
            select id, episode_id, code, tier, raised_at, day, reason, version, clock_from, acknowledge_by, state, owner,
                   contact_by, look_at, step, snoozed_until, acknowledged_at, attempts, attempted_at, attempted_by,
                   contacted_at, contacted_by, still_told_at, resolved_at, resolved_by, outcome, holds_course,
                   condition_ended_at, condition_ended_by, reported, held
            from alerts where clinic_id = $1 and patient_id = $2
        ) a
    ),
    'answered', (
        select json_agg(k) from (
            select check_in_id, encode(digest, 'hex') as digest, answer from check_ins
            where clinic_id = $1 and patient_id = $2 and check_in_id = any ($5::uuid[])
        ) k
    ),
    'consented', (
        select json_agg(distinct kind) from consents where clinic_id = $1 and patient_id = $2
    ),
    'to_ring', exists (
        select from call_list where clinic_id = $1 and patient_id = $2 and done_at is null
    ),
    'packs', (
        select json_agg(r) from (
            select number, state, encode(digest, 'hex') as digest from rule_packs
            where clinic_id = $1 and state in ('live', 'shadow')
        ) r
    )
)::text;
