-- How a clinic spaces the sessions of a course, what its courses were planned with, and whom it calls back.

-- No row: the defaults of care/spacing.py. Under 28 days is a block of the treatment itself, not a setting.
create table course_settings (
    clinic_id uuid not null references clinics,
    modality text not null check (modality in ('microneedling', 'laser_genesis')),
    min_days smallint not null check (min_days between 28 and 180),
    max_days smallint not null check (max_days between min_days and 366),
    fewest_sessions smallint not null check (fewest_sessions between 1 and 12),
    most_sessions smallint not null check (most_sessions between fewest_sessions and 12),
    maintenance_from_months smallint not null check (maintenance_from_months between 1 and 24),
    maintenance_to_months smallint not null check (maintenance_to_months between maintenance_from_months and 36),
    version integer not null check (version > 0),
    changed_at timestamptz not null,
    changed_by uuid not null,
    primary key (clinic_id, modality),
    foreign key (clinic_id, changed_by) references staff
);
create index on course_settings (clinic_id, changed_by);
call tenant_table('course_settings', 'select, insert, update');

-- What a course was planned with stays with it, whatever the clinic changes afterwards. The counts of its sessions are
-- kept by a trigger, so that the course due next is found by an index; from them alone PostgreSQL computes the two days
-- by which the recall list is read. They are days in UTC, a few off at the end of a month: the list is decided in the
-- patient's zone by care/course_plan.py, from rows that these bring.
alter table courses
    add column max_days_apart smallint not null default 42 check (max_days_apart between 1 and 366),
    add column maintenance_from_months smallint not null default 6 check (maintenance_from_months between 1 and 24),
    add column maintenance_to_months smallint not null default 12 check (maintenance_to_months between 1 and 36),
    add column ended_at timestamptz,
    add column ended_by uuid,
    add column ended_because text check (ended_because in ('completed', 'declined', 'moved_away', 'not_suitable', 'other')),
    add column ended_note text not null default '' check (char_length(ended_note) <= 4000),
    add column sessions_done smallint not null default 0,
    add column last_session_at timestamptz,
    add column quiet_until date,  -- of the recall list: booked, snoozed; 'infinity' declined, or another course took over
    add column recall_on date generated always as (
        case when ended_at is null then greatest(quiet_until, case
            when last_session_at is null then (created_at at time zone 'UTC')::date
            when sessions_done < planned_sessions then (last_session_at at time zone 'UTC')::date + min_days_apart
            else ((last_session_at at time zone 'UTC')::date + make_interval(months => maintenance_from_months))::date
        end) end
    ) stored,
    add column overdue_on date generated always as (
        case when ended_at is null then case
            when last_session_at is null then (created_at at time zone 'UTC')::date + max_days_apart
            when sessions_done < planned_sessions then (last_session_at at time zone 'UTC')::date + max_days_apart
            else ((last_session_at at time zone 'UTC')::date + make_interval(months => maintenance_to_months))::date
        end end
    ) stored,
    add constraint courses_ended_because check ((ended_at is null) = (ended_because is null)),
    add constraint courses_ended_by foreign key (clinic_id, ended_by) references staff;

-- Forced policies would hide every row from the owner as well.
alter table courses no force row level security;
alter table sessions no force row level security;
update courses c set sessions_done = s.done, last_session_at = s.last
from (select clinic_id, course_id, count(*) as done, max(session_at) as last from sessions group by 1, 2) s
where s.clinic_id = c.clinic_id and s.course_id = c.course_id;
update courses set max_days_apart = min_days_apart where max_days_apart < min_days_apart;
update courses c set quiet_until = 'infinity'
where exists (
    select from courses o
    where o.clinic_id = c.clinic_id and o.patient_id = c.patient_id and o.modality = c.modality
      and o.last_session_at > c.last_session_at
);
alter table courses force row level security;
alter table sessions force row level security;

create index courses_recall on courses (clinic_id, recall_on, course_id, overdue_on) where recall_on is not null;
create index on courses (clinic_id, ended_by) where ended_by is not null;
grant update (ended_at, ended_by, ended_because, ended_note, sessions_done, last_session_at, quiet_until) on courses
    to aftercare_service, aftercare_worker;

-- A session that was done also ends what was agreed about it by telephone, and takes the place of an older course.
create function count_sessions() returns trigger
language plpgsql as $$
begin
    update courses c
    set sessions_done = c.sessions_done + n.done, last_session_at = greatest(c.last_session_at, n.last), quiet_until = null
    from (select clinic_id, course_id, count(*) as done, max(session_at) as last from added group by 1, 2) n
    where c.clinic_id = n.clinic_id and c.course_id = n.course_id;
    update courses c set quiet_until = 'infinity'
    from (select clinic_id, patient_id, modality, max(session_at) as last from added group by 1, 2, 3) n
    where c.clinic_id = n.clinic_id and c.patient_id = n.patient_id and c.modality = n.modality
      and c.last_session_at < n.last;
    return null;
end
$$;
revoke execute on function count_sessions from public;
create trigger count_sessions after insert on sessions
    referencing new table as added for each statement execute function count_sessions();

-- What came of calling somebody back. `number` is that of the session it was about.
create table recall_contacts (
    clinic_id uuid not null,
    contact_id uuid not null,
    patient_id uuid not null,
    course_id uuid not null,
    number smallint not null check (number > 0),
    at timestamptz not null,
    kind text not null check (kind in ('contacted', 'no_answer', 'booked', 'declined', 'snoozed')),
    day date,
    text text not null default '' check (char_length(text) <= 4000),
    staff_id uuid not null,
    primary key (clinic_id, contact_id),
    check ((kind in ('booked', 'snoozed')) = (day is not null)),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, patient_id, course_id) references courses (clinic_id, patient_id, course_id),
    foreign key (clinic_id, staff_id) references staff
);
create index on recall_contacts (clinic_id, patient_id, course_id);
create index on recall_contacts (clinic_id, course_id, at desc);
create index on recall_contacts (clinic_id, staff_id);
call tenant_table('recall_contacts', 'select, insert');
