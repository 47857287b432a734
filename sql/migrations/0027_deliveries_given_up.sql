-- For the ledger's lists; deliveries are many, so it is built beside what is being sent.
create index concurrently if not exists deliveries_given_up
    on deliveries (clinic_id, queued_at desc, delivery_id desc) where state = 'dead';
