-- name: budget
-- What rules.md 5 bounds. A check-in belongs to the newest session before it, as the checks place it; the first that an
-- alert reports is what raised it. Counted first for each patient and session heard of, then by every grouping at once.
with said as (
    select patient_id, check_in_id, judged_at
    from check_ins where clinic_id = $1 and received_at >= $2 and received_at < $3
), raised as (
    select patient_id, episode_id, code, tier, nullif(reported -> 0 ->> 'check_in', '')::uuid as check_in_id
    from alerts where clinic_id = $1 and raised_at >= $2 and raised_at < $3
), alarming as (
    -- Silence rests on no check-in.
    select patient_id, check_in_id, bool_or(tier <> 'routine') as pressing
    from raised where check_in_id is not null group by patient_id, check_in_id
), treated as (
    select patient_id, session_id, modality, session_at,
           lead(session_at) over (partition by patient_id order by session_at, session_id) as next_at
    from sessions where clinic_id = $1 and patient_id in (select patient_id from said)
), heard as (
    select said.patient_id, session_id, modality, count(*) as check_ins, count(alarming.check_in_id) as alarming,
           coalesce(bool_or(pressing), false) as pressing
    from said
    left join treated on treated.patient_id = said.patient_id
        and judged_at >= session_at and (next_at is null or judged_at < next_at)
    left join alarming on alarming.patient_id = said.patient_id and alarming.check_in_id = said.check_in_id
    group by said.patient_id, session_id, modality
), known as (
    select session_id, bool_or(outcome = 'confirmed') as confirmed
    from alerts join episodes using (clinic_id, episode_id)
    where clinic_id = $1 and session_id in (select session_id from heard) and code <> 'silence'
        and (outcome = 'confirmed' or (state <> 'resolved' and tier <> 'routine'))
    group by session_id
), counted as (
    select patient_id, session_id, modality, check_ins, alarming, pressing,
           case when known.session_id is null then 'nothing' when confirmed then 'confirmed' else 'undecided' end as came_of_it,
           0 as silent
    from heard left join known using (session_id)
    union all
    select raised.patient_id, null, modality, 0, 0, false, '', count(*)
    from raised
    left join episodes on episodes.clinic_id = $1 and episodes.episode_id = raised.episode_id
    left join sessions on sessions.clinic_id = $1 and sessions.session_id = episodes.session_id
    where code = 'silence' group by raised.patient_id, modality
), grouped as (
    select counted.*, coalesce(counted.modality, 'before_session') as treatment, patients.fitzpatrick as skin_type,
           case when patients.fitzpatrick is null then 'unknown' when patients.fitzpatrick <= 3 then 'I-III' else 'IV-VI' end as skin
    from counted join patients on patients.clinic_id = $1 and patients.patient_id = counted.patient_id
)
select case grouping(treatment, skin, skin_type)
           when 7 then 'everyone' when 3 then 'modality' when 5 then 'skin' when 1 then 'modality_and_skin' else 'skin_type'
       end as grouping,
       treatment as modality, skin, skin_type,
       coalesce(sum(check_ins), 0)::int as check_ins, coalesce(sum(alarming), 0)::int as alarming_check_ins,
       (count(distinct patient_id) filter (where check_ins > 0))::int as patients,
       (count(distinct patient_id) filter (where alarming > 0))::int as alarming_patients,
       (count(*) filter (where session_id is not null and came_of_it = 'nothing'))::int as uneventful,
       (count(*) filter (where session_id is not null and came_of_it = 'nothing' and pressing))::int as alarming_uneventful,
       (count(*) filter (where session_id is not null and came_of_it = 'undecided'))::int as undecided,
       coalesce(sum(silent), 0)::int as silence
from grouped
group by grouping sets ((), (treatment), (skin), (treatment, skin), (skin_type))
having grouping(skin_type) = 1 or skin_type is not null  -- the unknown stand under `skin` already
order by grouping(treatment, skin, skin_type) desc, treatment, skin, skin_type;

-- name: weeks
with raised as (
    select patient_id, code, tier, outcome, raised_at, nullif(reported -> 0 ->> 'check_in', '')::uuid as check_in_id
    from alerts where clinic_id = $1 and raised_at >= $2 and raised_at < $3
), alarming as (
    select distinct patient_id, check_in_id from raised where check_in_id is not null
), heard as (
    select date_trunc('week', received_at at time zone $4)::date as week, count(*) as check_ins,
           count(alarming.check_in_id) as alarming
    from check_ins
    left join alarming on alarming.patient_id = check_ins.patient_id and alarming.check_in_id = check_ins.check_in_id
    where clinic_id = $1 and received_at >= $2 and received_at < $3
    group by 1
), alerted as (
    select date_trunc('week', raised_at at time zone $4)::date as week,
           count(*) filter (where code <> 'silence' and tier = 'emergency') as emergency,
           count(*) filter (where code <> 'silence' and tier = 'same_day') as same_day,
           count(*) filter (where code <> 'silence' and tier = 'soon') as soon,
           count(*) filter (where code <> 'silence' and tier = 'routine') as routine,
           count(*) filter (where code = 'silence') as silence,
           count(*) filter (where outcome = 'confirmed') as confirmed
    from raised group by 1
)
select week, coalesce(check_ins, 0)::int as check_ins, coalesce(alarming, 0)::int as alarming_check_ins,
       coalesce(emergency, 0)::int as emergency, coalesce(same_day, 0)::int as same_day,
       coalesce(soon, 0)::int as soon, coalesce(routine, 0)::int as routine,
       coalesce(silence, 0)::int as silence, coalesce(confirmed, 0)::int as confirmed
from heard full join alerted using (week) order by week;

-- name: checks
-- Of every check, and of every row by itself: an alert counts once for each row that is part of it.
with raised as (
    select id, code, version, state, outcome, clock_from, acknowledged_at, resolved_at, reported
    from alerts where clinic_id = $1 and raised_at >= $2 and raised_at < $3
), parted as (
    select raised.*, null as row from raised
    union all
    select raised.*, parts.row
    from raised
    cross join lateral (
        -- Rows of silence carry their date, so that one day's is not another's.
        select distinct regexp_replace(part ->> 'row', '^(silence\.[a-z_]+)\..*$', '\1') as row
        from json_array_elements(reported) as part
    ) as parts
)
select code, version, row, count(*)::int as alerts,
       (count(*) filter (where state <> 'resolved'))::int as unresolved,
       (count(*) filter (where outcome = 'confirmed'))::int as confirmed,
       (count(*) filter (where outcome = 'expected_course'))::int as expected_course,
       (count(*) filter (where outcome = 'false_alarm'))::int as false_alarm,
       (count(*) filter (where outcome = 'duplicate'))::int as duplicate,
       percentile_cont(0.5) within group (
           order by extract(epoch from coalesce(acknowledged_at, resolved_at) - clock_from)::float8
       ) as acknowledged_median
from parted group by code, version, row
order by code, version, row nulls first;

-- name: answered
-- How soon alerts are taken and patients reached, from the start of the alert's newest clock. Whoever resolves takes.
with raised as (
    select tier, state, acknowledge_by, contact_by, contacted_at, coalesce(acknowledged_at, resolved_at) as taken_at,
           extract(epoch from coalesce(acknowledged_at, resolved_at) - clock_from)::float8 as taken_after,
           extract(epoch from contacted_at - clock_from)::float8 as reached_after
    from alerts where clinic_id = $1 and raised_at >= $2 and raised_at < $3
)
select tier, count(*)::int as alerts,
       (count(*) filter (where taken_at <= acknowledge_by))::int as taken_in_time,
       (count(*) filter (where taken_at is not null or acknowledge_by < $4))::int as taken_or_late,
       percentile_cont(0.5) within group (order by taken_after) as taken_median,
       percentile_cont(0.9) within group (order by taken_after) as taken_p90,
       (count(*) filter (where contacted_at <= contact_by))::int as reached_in_time,
       (count(*) filter (where contact_by is not null and (contacted_at is not null or (state <> 'resolved' and contact_by < $4))))::int
           as reached_or_late,
       percentile_cont(0.5) within group (order by reached_after) as reached_median,
       percentile_cont(0.9) within group (order by reached_after) as reached_p90
from raised group by tier
order by array_position(array['emergency', 'same_day', 'soon', 'routine'], tier);

-- name: muted
-- What packs in shadow would have said beyond what was told; `row` null is a pack as a whole.
select number, code, row, tier, count(*)::int as findings, count(distinct check_in_id)::int as check_ins,
       count(distinct muted_findings.patient_id)::int as patients
from rule_packs join muted_findings using (clinic_id, number)
where clinic_id = $1 and at >= $2 and at < $3
group by grouping sets ((number), (number, code, row, tier))
order by number, row nulls first, tier;
