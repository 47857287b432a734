-- What staff did beside the acts: calls, advice, visits; what comes next and until when; and the clinic's own script for
-- each code, by which it was done.

-- `at` stays when it was written down. `checked` are the script's lines as they were read out, whatever becomes of them.
alter table follow_ups
    add column happened_at timestamptz,  -- null: when it was written down
    add column advised text not null default '' check (char_length(advised) <= 4000),
    add column visit_on date,
    add column next_step text not null default '' check (char_length(next_step) <= 200),
    add column next_on date,
    add column done_at timestamptz,
    add column done_by uuid,
    add column script_version integer check (script_version >= 0),
    add column checked text[] not null default '{}'
        check (cardinality(checked) <= 60 and char_length(array_to_string(checked, '')) <= 18000),
    add constraint follow_ups_next_step check ((next_step = '') = (next_on is null)),
    add constraint follow_ups_done check ((done_at is null) = (done_by is null) and (done_at is null or next_on is not null)),
    add constraint follow_ups_done_by foreign key (clinic_id, done_by) references staff;
create index on follow_ups (clinic_id, done_by) where done_by is not null;
create index follow_ups_next on follow_ups (clinic_id, next_on, follow_up_id) where next_on is not null and done_at is null;
-- The log is only added to; of what is in it, a next step can be done.
grant update (done_at, done_by) on follow_ups to aftercare_service, aftercare_worker;

-- A script is never changed, only followed by its next version: what a follow-up was done by can always be read. No row:
-- the shipped lines of alerts/scripts.toml, version 0.
create table scripts (
    clinic_id uuid not null references clinics,
    code text not null check (char_length(code) <= 40),
    version integer not null check (version > 0),
    ask text[] not null,
    advise text[] not null,
    send_on text[] not null,
    changed_at timestamptz not null,
    changed_by uuid not null,
    primary key (clinic_id, code, version),
    foreign key (clinic_id, changed_by) references staff,
    check (cardinality(ask) <= 20 and cardinality(advise) <= 20 and cardinality(send_on) <= 20),
    check (char_length(array_to_string(ask || advise || send_on, '')) <= 18000)
);
create index on scripts (clinic_id, changed_by);
call tenant_table('scripts', 'select, insert');
