-- For the ledger's lists; deliveries are many, so it is built beside what is being sent.
create index concurrently if not exists deliveries_of_channel
    on deliveries (clinic_id, channel, queued_at desc, delivery_id desc);
