-- What the statistics read of a period: its check-ins without their answers, its alerts, and what was ever confirmed.
create index on check_ins (clinic_id, received_at) include (patient_id, check_in_id, judged_at);
create index on alerts (clinic_id, raised_at);
create index on alerts (clinic_id, episode_id) where outcome = 'confirmed';
