-- What was agreed to, word for word: the text as it was read, and when the word arrived, which may be after it was given.
-- Both are null for words from before this version, whose text their version tells.
alter table consents add column text text check (char_length(text) between 1 and 8000);
alter table consents add column received_at timestamptz;
-- Whose photos may be used for a purpose: the newest word of each patient on it.
create index on consents (clinic_id, kind, patient_id, given_at desc);
