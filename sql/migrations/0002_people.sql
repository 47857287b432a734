create table staff (
    clinic_id uuid not null references clinics,
    staff_id uuid not null,
    email text not null check (email = lower(email) and char_length(email) between 3 and 254),
    name text not null check (char_length(name) between 1 and 200),
    role text not null check (role in ('practitioner', 'coordinator', 'admin')),
    password_hash text not null,
    created_at timestamptz not null,
    disabled_at timestamptz,
    primary key (clinic_id, staff_id),
    unique (clinic_id, email)
);
call tenant_table('staff', 'select, insert');

create table sign_ins (
    clinic_id uuid not null,
    token_hash bytea not null check (octet_length(token_hash) = 32),
    staff_id uuid not null,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (clinic_id, token_hash),
    foreign key (clinic_id, staff_id) references staff
);
create index on sign_ins (clinic_id, staff_id);
call tenant_table('sign_ins', 'select, insert, delete');

-- Failures by the hash of what was tried (an account, an address), so that guessing slows down across processes.
create table throttles (
    clinic_id uuid not null references clinics,
    subject_hash bytea not null,
    failures integer not null,
    since timestamptz not null,
    primary key (clinic_id, subject_hash)
);
call tenant_table('throttles', 'select, insert, update, delete');

create table patients (
    clinic_id uuid not null references clinics,
    patient_id uuid not null,
    name text not null check (char_length(name) between 1 and 200),
    reference text not null default '' check (char_length(reference) <= 60),
    birth_date date,
    phone text not null default '',
    email text not null default '',
    language text not null default 'en',
    country text not null check (country ~ '^[A-Z]{2}$'),
    time_zone text not null,
    fitzpatrick smallint check (fitzpatrick between 1 and 6),
    hsv_history boolean,
    diabetes boolean,
    immunosuppressed boolean,
    keloid_history boolean,
    blood_thinner boolean,
    baseline json not null default '{}',
    allergies text not null default '',
    medicines text not null default '',
    prophylaxis text not null default 'none' check (prophylaxis in ('none', 'advised', 'prescribed', 'taken')),
    version integer not null default 1,
    created_at timestamptz not null,
    primary key (clinic_id, patient_id)
);
create index on patients (clinic_id, created_at desc, patient_id);
call tenant_table('patients', 'select, insert, update');

-- Words of name and reference, folded: LIKE cannot use an index under row-level security, a range on these can.
create table patient_words (
    clinic_id uuid not null,
    word text collate "C" not null,
    patient_id uuid not null,
    primary key (clinic_id, word, patient_id),
    foreign key (clinic_id, patient_id) references patients on delete cascade
);
create index on patient_words (clinic_id, patient_id);
call tenant_table('patient_words', 'select, insert, delete');

create table patient_zones (
    clinic_id uuid not null,
    patient_id uuid not null,
    since timestamptz not null,
    time_zone text not null,
    primary key (clinic_id, patient_id, since),
    foreign key (clinic_id, patient_id) references patients on delete cascade
);
call tenant_table('patient_zones', 'select, insert');

create table installations (
    clinic_id uuid not null,
    installation_id uuid not null,
    patient_id uuid not null,
    app_version text not null default '',
    device text not null default '',
    enrolled_at timestamptz not null,
    seen_at timestamptz not null,
    revoked_at timestamptz,
    primary key (clinic_id, installation_id),
    foreign key (clinic_id, patient_id) references patients on delete cascade
);
create index on installations (clinic_id, patient_id);
call tenant_table('installations', 'select, insert, update');

create table invitations (
    clinic_id uuid not null,
    code_hash bytea not null check (octet_length(code_hash) = 32),
    patient_id uuid not null,
    made_by uuid,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    used_by uuid,
    primary key (clinic_id, code_hash),
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, made_by) references staff
);
create index on invitations (clinic_id, patient_id);
create index on invitations (clinic_id, made_by);
call tenant_table('invitations', 'select, insert, update');

-- One row is one pair of an access and a refresh token. `generation` counts the rotations of a family; the pair before
-- the newest stays good until the newest is first used, because phones lose answers.
create table tokens (
    clinic_id uuid not null,
    installation_id uuid not null,
    generation integer not null,
    access_hash bytea not null check (octet_length(access_hash) = 32),
    refresh_hash bytea not null check (octet_length(refresh_hash) = 32),
    issued_at timestamptz not null,
    access_expires_at timestamptz not null,
    refresh_expires_at timestamptz not null,
    first_used_at timestamptz,
    primary key (clinic_id, installation_id, generation),
    unique (clinic_id, access_hash),
    unique (clinic_id, refresh_hash),
    foreign key (clinic_id, installation_id) references installations on delete cascade
);
call tenant_table('tokens', 'select, insert, update, delete');

-- Who holds a token, asked before anything else of a request: the clinic is set and the token looked up in one round trip.
-- They run with their caller's rights, under row-level security like any other statement.
create function access_holder(clinic uuid, hash bytea, at timestamptz)
returns table (installation_id uuid, patient_id uuid)
language plpgsql as $$
declare
    pair tokens;
begin
    perform set_config('aftercare.clinic', clinic::text, true);
    select * into pair from tokens t
    where t.clinic_id = clinic and t.access_hash = hash and t.access_expires_at > at;
    return query
        select i.installation_id, i.patient_id from installations i
        where i.clinic_id = clinic and i.installation_id = pair.installation_id and i.revoked_at is null;
    -- From its first use on, the pair before is spent.
    if found and pair.first_used_at is null then
        update tokens t set first_used_at = at
        where t.clinic_id = clinic and t.installation_id = pair.installation_id and t.generation = pair.generation
          and t.first_used_at is null;
    end if;
end
$$;

create function sign_in_holder(clinic uuid, hash bytea, at timestamptz)
returns table (staff_id uuid, email text, name text, role text)
language plpgsql as $$
begin
    perform set_config('aftercare.clinic', clinic::text, true);
    return query
        select s.staff_id, s.email, s.name, s.role
        from sign_ins i join staff s on s.clinic_id = i.clinic_id and s.staff_id = i.staff_id
        where i.clinic_id = clinic and i.token_hash = hash and i.expires_at > at and s.disabled_at is null;
end
$$;

revoke execute on function access_holder, sign_in_holder from public;
grant execute on function access_holder, sign_in_holder to aftercare_service, aftercare_worker;
