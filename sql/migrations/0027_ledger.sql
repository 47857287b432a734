-- Sent again: of which delivery that was given up. Root and copies are one history.
alter table deliveries add column again_of uuid;
alter table deliveries add foreign key (clinic_id, again_of) references deliveries on delete cascade;
create index on deliveries (clinic_id, again_of) where again_of is not null;

-- While a secret is being changed both sign, until the old one ends by itself.
alter table webhooks add column previous_until timestamptz;
alter table webhooks add column disabled_why text not null default '' check (char_length(disabled_why) <= 200);

-- A way out over which nothing arrives: a channel, or one webhook of several. Written by the attempts themselves, so that
-- nothing is searched for; told to the admins over another way, and once more when it works again.
create table channel_faults (
    clinic_id uuid not null references clinics,
    fault_id uuid not null,
    channel text not null check (channel in ('smtp', 'webhook', 'webpush', 'sms', 'fcm', 'apns')),
    webhook_id uuid,
    why text not null check (why in ('failing', 'retired', 'no_address')),
    since timestamptz not null,    -- the first failure after the last success
    last_at timestamptz not null,  -- the newest failure
    failures integer not null check (failures > 0),
    answer text not null default '' check (char_length(answer) <= 500),
    told_at timestamptz,
    ended_at timestamptz,
    told_end_at timestamptz,
    primary key (clinic_id, fault_id),
    check ((webhook_id is null) or channel = 'webhook'),
    foreign key (clinic_id, webhook_id) references webhooks
);
create unique index channel_faults_one_at_a_time on channel_faults (clinic_id, channel, webhook_id) nulls not distinct
    where ended_at is null;
create index on channel_faults (clinic_id, webhook_id) where webhook_id is not null;
call tenant_table('channel_faults', 'select, insert, update, delete');
