-- For the newest of each webhook; deliveries are many, so it is built beside what is being sent.
create index concurrently if not exists deliveries_of_webhook
    on deliveries (clinic_id, webhook_id, queued_at desc, delivery_id desc) where webhook_id is not null;
