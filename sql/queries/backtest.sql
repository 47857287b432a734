-- name: count_patients
select count(*)::int from patients where clinic_id = $1;

-- name: histories
-- The next patients after $2, each with the whole history as one document: what was before the window decides what is open
-- in it. Neither name nor number leaves the database. Whom the window ($4, $5) says nothing about is passed over.
with next as (
    select * from patients where clinic_id = $1 and patient_id > $2 order by patient_id limit $3
)
select n.patient_id, case
    when exists (
        select from check_ins k where k.clinic_id = $1 and k.patient_id = n.patient_id
          and k.received_at >= coalesce($4, '-infinity'::timestamptz) and k.received_at < coalesce($5, 'infinity'::timestamptz)
    ) or exists (
        select from alerts a where a.clinic_id = $1 and a.patient_id = n.patient_id
          and a.raised_at >= coalesce($4, '-infinity'::timestamptz) and a.raised_at < coalesce($5, 'infinity'::timestamptz)
    )
    then json_build_object(
        'patient', (
            select row_to_json(p) from (
                select n.patient_id, '' as name, '' as reference, null as birth_date, '' as phone, '' as email, n.language,
                       n.country, n.time_zone, n.fitzpatrick, n.hsv_history, n.diabetes, n.immunosuppressed, n.keloid_history,
                       n.blood_thinner, n.baseline, '' as allergies, '' as medicines, n.prophylaxis, n.version, n.created_at
            ) p
        ),
        'episodes', coalesce((
            select json_agg(e order by session_at desc, episode_id) from (
                select e.episode_id, e.patient_id, e.with_day_90, e.opened_at, e.calendar_ends_at, s.session_id, s.course_id,
                       s.modality, s.session_at, s.needle_depth_mm, s.pigment_treated, s.anaesthetic
                from episodes e join sessions s on s.clinic_id = e.clinic_id and s.session_id = e.session_id
                where e.clinic_id = $1 and e.patient_id = n.patient_id
            ) e
        ), '[]'),
        'check_ins', coalesce((
            select json_agg(k order by received_at, check_in_id) from (
                select check_in_id, instrument, recorded_at, received_at, judged_at, said_day, time_zone, answered_by, answers
                from check_ins where clinic_id = $1 and patient_id = n.patient_id
            ) k
        ), '[]'),
        'alerts', coalesce((
            select json_agg(json_build_object(
                'id', a.id, 'episode_id', a.episode_id, 'code', a.code, 'outcome', a.outcome,
                'seen', json_build_object(
                    'tier', a.tier, 'raised_as', coalesce(a.reported -> 0 ->> 'tier', a.tier),
                    'row', coalesce(a.reported -> 0 ->> 'row', ''),
                    'day', coalesce((a.reported -> 0 ->> 'day')::int, a.day), 'at', a.raised_at, 'reason', a.reason
                )) order by a.raised_at, a.id)
            from alerts a where a.clinic_id = $1 and a.patient_id = n.patient_id
        ), '[]'),
        'acts', coalesce((
            select json_agg(json_build_object(
                'at', f.at, 'kind', f.kind, 'alert_id', f.alert_id, 'by', f.staff_id, 'role', s.role,
                'outcome', f.outcome, 'until', f.until) order by f.at, f.follow_up_id)
            from follow_ups f join staff s on s.clinic_id = f.clinic_id and s.staff_id = f.staff_id
            where f.clinic_id = $1 and f.patient_id = n.patient_id
        ), '[]'),
        'unasked', coalesce((
            select json_agg(json_build_object('at', f.at, 'episode_id', a.episode_id, 'finding', f.finding)
                            order by f.at, f.finding_id)
            from alerts a join findings f on f.clinic_id = a.clinic_id and f.alert_id = a.id
            where a.clinic_id = $1 and a.patient_id = n.patient_id and f.check_in_id is null
        ), '[]')
    )::text
end as history
from next n
order by n.patient_id;

-- name: forget
delete from backtests where clinic_id = $1 and number = $2 and state in ('done', 'failed');

-- name: ask
insert into backtests (clinic_id, backtest_id, number, since, until, state, asked_by, asked_at)
values ($1, $2, $3, $4, $5, 'waiting', $6, $7)
on conflict (clinic_id, number) do nothing
returning backtest_id;

-- name: get
select backtest_id, number, since, until, state, done, total, summary, asked_by, asked_at, ended_at
from backtests where clinic_id = $1 and backtest_id = $2;

-- name: of_pack
select backtest_id, number, since, until, state, done, total, summary, asked_by, asked_at, ended_at
from backtests where clinic_id = $1 and number = $2;

-- name: begin
with emptied as (
    delete from backtest_differences where clinic_id = $1 and backtest_id = $2
)
update backtests set state = 'running', done = 0, total = $3 where clinic_id = $1 and backtest_id = $2;

-- name: advance
update backtests set done = $3 where clinic_id = $1 and backtest_id = $2 and state = 'running';

-- name: end_with
update backtests set state = 'done', done = total, summary = $3, ended_at = $4
where clinic_id = $1 and backtest_id = $2 and state = 'running';

-- name: fail
update backtests set state = 'failed', ended_at = $3
where clinic_id = $1 and backtest_id = $2 and state in ('waiting', 'running');

-- name: add_differences
-- Of a patient who was erased meanwhile nothing is kept.
insert into backtest_differences (clinic_id, backtest_id, place, patient_id, difference)
select $1, $2, d.place, d.patient_id, d.difference
from unnest($3::int[], $4::uuid[], $5::json[]) as d (place, patient_id, difference)
join patients p on p.clinic_id = $1 and p.patient_id = d.patient_id
on conflict do nothing;

-- name: differences
select difference from backtest_differences where clinic_id = $1 and backtest_id = $2 order by place;
