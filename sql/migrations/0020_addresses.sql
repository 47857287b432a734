-- Where a message can be sent besides a mail address: what a browser or a phone gave us for its owner. One owner at a
-- time: whoever registers an address last has it. Retired on the provider's word, and revived by a new registration.
create table addresses (
    clinic_id uuid not null references clinics,
    address_id uuid not null,
    channel text not null check (channel in ('webpush', 'sms', 'fcm', 'apns')),
    address text not null check (char_length(address) between 3 and 4000),
    address_hash bytea not null check (octet_length(address_hash) = 32),
    staff_id uuid,
    patient_id uuid,
    installation_id uuid,
    label text not null default '' check (char_length(label) <= 200),
    created_at timestamptz not null,
    seen_at timestamptz not null,
    retired_at timestamptz,
    retired_why text not null default '',
    primary key (clinic_id, address_id),
    check (num_nonnulls(staff_id, patient_id) = 1),
    check (installation_id is null or patient_id is not null),
    foreign key (clinic_id, staff_id) references staff,
    foreign key (clinic_id, patient_id) references patients on delete cascade,
    foreign key (clinic_id, installation_id) references installations on delete cascade
);
create unique index addresses_one_owner on addresses (clinic_id, channel, address_hash) where retired_at is null;
create index on addresses (clinic_id, staff_id) where staff_id is not null;
create index on addresses (clinic_id, patient_id) where patient_id is not null;
create index on addresses (clinic_id, installation_id) where installation_id is not null;
call tenant_table('addresses', 'select, insert, update');

alter table installations add column locale text not null default '' check (char_length(locale) <= 35);
alter table installations add column time_zone text not null default '' check (char_length(time_zone) <= 64);

-- Over which address it goes, what its receiver says became of it, and until when and why it was held back.
alter table deliveries add column address_id uuid;
alter table deliveries add column delivered_at timestamptz;
alter table deliveries add column opened_at timestamptz;
alter table deliveries add column held_until timestamptz;
alter table deliveries add column held_why text check (char_length(held_why) <= 200);
alter table deliveries add foreign key (clinic_id, address_id) references addresses on delete cascade;
create index on deliveries (clinic_id, address_id) where address_id is not null;

alter table deliveries drop constraint deliveries_channel_check;
alter table deliveries add constraint deliveries_channel_check
    check (channel in ('smtp', 'webhook', 'webpush', 'sms', 'fcm', 'apns'));

-- A person may have two phones: the address is part of what makes a delivery the same delivery.
do $$
declare
    old text;
begin
    select conname into strict old from pg_constraint where conrelid = 'deliveries'::regclass and contype = 'u';
    execute format('alter table deliveries drop constraint %I', old);
end
$$;
alter table deliveries add constraint deliveries_once
    unique nulls not distinct (clinic_id, what, channel, staff_id, patient_id, webhook_id, address_id);
