-- When a clinic reads, whom it tells of a late alert, and who is on call.

-- Dates on which the weekday's openings do not hold. `version` is the ETag of an edit.
alter table clinics
    add column holidays json not null default '[]',
    add column version integer not null default 1 check (version > 0);
grant update (name, phone, urgent_care, openings, holidays, version) on clinics to aftercare_service, aftercare_worker;

-- People who take turns. Their hand-over is a wall time in the clinic's zone; `windows` are the hours of the week, none: all.
create table rotas (
    clinic_id uuid not null references clinics,
    rota_id uuid not null,
    name text not null check (char_length(name) between 1 and 80),
    hand_over time not null,
    every_days smallint not null check (every_days between 1 and 28),
    starts_on date not null,
    windows json not null default '[]',
    is_default boolean not null default false,
    version integer not null check (version > 0),
    changed_at timestamptz not null,
    changed_by uuid not null,
    primary key (clinic_id, rota_id),
    unique (clinic_id, name),
    foreign key (clinic_id, changed_by) references staff
);
create unique index rotas_one_default on rotas (clinic_id) where is_default;
create index on rotas (clinic_id, changed_by);
call tenant_table('rotas', 'select, insert, update, delete');

create table rota_participants (
    clinic_id uuid not null,
    rota_id uuid not null,
    place smallint not null check (place >= 0),
    staff_id uuid not null,
    primary key (clinic_id, rota_id, place),
    foreign key (clinic_id, rota_id) references rotas on delete cascade,
    foreign key (clinic_id, staff_id) references staff
);
create index on rota_participants (clinic_id, staff_id);
call tenant_table('rota_participants', 'select, insert, delete');

-- One person, or nobody (null), instead of whoever's turn it is; the one made last wins.
create table rota_overrides (
    clinic_id uuid not null,
    rota_id uuid not null,
    override_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    staff_id uuid,
    reason text not null default '' check (char_length(reason) <= 200),
    made_at timestamptz not null,
    made_by uuid not null,
    primary key (clinic_id, rota_id, override_id),
    foreign key (clinic_id, rota_id) references rotas on delete cascade,
    foreign key (clinic_id, staff_id) references staff,
    foreign key (clinic_id, made_by) references staff
);
create index on rota_overrides (clinic_id, rota_id, ends_at);
create index on rota_overrides (clinic_id, staff_id) where staff_id is not null;
create index on rota_overrides (clinic_id, made_by);
call tenant_table('rota_overrides', 'select, insert, delete');

-- Time ahead in which the clinic is closed and nobody is on call, as the last look found it: said on each page's head, and
-- what is here already is no news to the admins.
create table rota_gaps (
    clinic_id uuid not null references clinics,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    primary key (clinic_id, starts_at)
);
call tenant_table('rota_gaps', 'select, insert, delete');

-- Whom an alert of a tier goes to, step by step. No row: the shipped chain (alerts/chains.py). Whatever stands here, the
-- last step is everyone.
create table escalation_chains (
    clinic_id uuid not null references clinics,
    tier text not null check (tier in ('emergency', 'same_day', 'soon', 'routine')),
    version integer not null check (version > 0),
    changed_at timestamptz not null,
    changed_by uuid not null,
    primary key (clinic_id, tier),
    foreign key (clinic_id, changed_by) references staff
);
create index on escalation_chains (clinic_id, changed_by);
call tenant_table('escalation_chains', 'select, insert, update');

create table escalation_steps (
    clinic_id uuid not null,
    tier text not null,
    place smallint not null check (place between 0 and 9),
    tells text not null check (tells in ('owner', 'on_call', 'role', 'person', 'everyone')),
    role text check (role in ('practitioner', 'coordinator', 'admin')),
    staff_id uuid,
    rota_id uuid,
    primary key (clinic_id, tier, place),
    check ((role is not null) = (tells = 'role')),
    check ((staff_id is not null) = (tells = 'person')),
    check (rota_id is null or tells = 'on_call'),
    foreign key (clinic_id, tier) references escalation_chains on delete cascade,
    foreign key (clinic_id, staff_id) references staff,
    foreign key (clinic_id, rota_id) references rotas
);
create index on escalation_steps (clinic_id, staff_id) where staff_id is not null;
create index on escalation_steps (clinic_id, rota_id) where rota_id is not null;
call tenant_table('escalation_steps', 'select, insert, delete');
