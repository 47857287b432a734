-- Deliveries are many, and few of them wait: built beside what is being sent.
create index concurrently if not exists deliveries_waiting
    on deliveries (clinic_id, channel, state) where state in ('queued', 'failed');
