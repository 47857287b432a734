-- What became of the tests that somebody sent to themselves; built beside what is being sent.
create index concurrently if not exists deliveries_of_tests
    on deliveries (clinic_id, staff_id, queued_at desc) where kind = 'test';
