-- For the ledger's lists; deliveries are many, so it is built beside what is being sent.
create index concurrently if not exists deliveries_on_the_way
    on deliveries (clinic_id, queued_at desc, delivery_id desc) where state in ('queued', 'failed');
