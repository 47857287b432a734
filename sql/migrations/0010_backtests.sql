-- The last back-test of each pack, as the dashboard asked for it: a worker runs it and says how far it is. What it found out
-- about single patients stands apart, so that it goes with the patient.
create table backtests (
    clinic_id uuid not null references clinics,
    backtest_id uuid not null,
    number integer not null check (number >= 1),
    since timestamptz,
    until timestamptz,
    state text not null check (state in ('waiting', 'running', 'done', 'failed')),
    done integer not null default 0,
    total integer not null default 0,
    summary json,
    asked_by uuid,
    asked_at timestamptz not null,
    ended_at timestamptz,
    primary key (clinic_id, backtest_id),
    unique (clinic_id, number),
    check ((state = 'done') = (summary is not null)),
    check ((state in ('done', 'failed')) = (ended_at is not null)),
    foreign key (clinic_id, number) references rule_packs,
    foreign key (clinic_id, asked_by) references staff
);
create index on backtests (clinic_id, asked_by) where asked_by is not null;
call tenant_table('backtests', 'select, insert, update, delete');

create table backtest_differences (
    clinic_id uuid not null,
    backtest_id uuid not null,
    place integer not null,
    patient_id uuid not null,
    difference json not null,
    primary key (clinic_id, backtest_id, place),
    foreign key (clinic_id, backtest_id) references backtests on delete cascade,
    foreign key (clinic_id, patient_id) references patients on delete cascade
);
create index on backtest_differences (clinic_id, patient_id);
call tenant_table('backtest_differences', 'select, insert, delete');
