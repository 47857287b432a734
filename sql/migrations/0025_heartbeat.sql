-- Who notices that nobody works: ids, instants, names of kinds of work and counts. None of these belongs to a clinic, so
-- none holds anything of one.

-- Each worker says with the ticks of its own scheduler that it lives, for each kind of work that it does.
create table workers (
    worker_id uuid not null,
    kind text not null check (char_length(kind) between 1 and 60),
    started_at timestamptz not null,
    beat_at timestamptz not null,
    looked_at timestamptz,   -- when it last asked for work of this kind, and was answered
    claimed_at timestamptz,  -- when it last got some
    primary key (worker_id, kind)
);
grant select, insert, update, delete on workers to aftercare_worker;
grant select on workers to aftercare_service, aftercare_backup;

-- A time in which background work stood still. Noticed at one look, told at a later one, over at a third: one row for all
-- the processes that look, so that the admins hear of it once.
create table outages (
    outage_id uuid primary key,
    why text not null check (why in ('no_worker', 'urgent_waits')),
    since timestamptz not null,
    noticed_at timestamptz not null,
    told_at timestamptz,
    well_at timestamptz,
    ended_at timestamptz
);
create unique index outages_one_at_a_time on outages ((true)) where ended_at is null;
grant select, insert, update, delete on outages to aftercare_worker;
grant select on outages to aftercare_service, aftercare_backup;

-- What each process has counted since its start. A scrape of any server then speaks for all of them.
create table process_counts (
    process_id uuid not null,
    metric text not null check (char_length(metric) <= 100),
    labels text[] not null,
    value double precision not null,
    counted_at timestamptz not null,
    primary key (process_id, metric, labels)
);
grant select, insert, update, delete on process_counts to aftercare_service;
grant select on process_counts to aftercare_worker, aftercare_backup;
alter table process_counts set (fillfactor = 70);
alter table workers set (fillfactor = 50);

-- What a scrape counts of each clinic, under that clinic's own row-level security, in one round trip. Read are the alerts
-- that are open and the deliveries that wait, by indexes that hold nothing else.
create index alerts_past_due on alerts (clinic_id, tier, acknowledge_by) where state = 'open';

create function standing_everywhere(at timestamptz)
returns table (clinic_id uuid, what text, first text, second text, count bigint)
language plpgsql as $$
declare
    clinic uuid;
begin
    for clinic in select d.clinic_id from clinic_directory d loop
        perform set_config('aftercare.clinic', clinic::text, true);
        return query
            select clinic, 'alerts', a.tier, 'open', count(*)
            from alerts a where a.clinic_id = clinic and a.state <> 'resolved' group by a.tier
            union all
            select clinic, 'alerts', a.tier, 'late', count(*)
            from alerts a where a.clinic_id = clinic and a.state = 'open' and a.acknowledge_by < at group by a.tier
            union all
            select clinic, 'deliveries', d.channel, d.state, count(*)
            from deliveries d
            where d.clinic_id = clinic and d.state in ('queued', 'failed') group by d.channel, d.state;
    end loop;
    perform set_config('aftercare.clinic', '', true);
end
$$;
revoke execute on function standing_everywhere from public;
grant execute on function standing_everywhere to aftercare_service, aftercare_worker;
