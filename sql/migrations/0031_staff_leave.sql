-- Whoever leaves is shut out, and a password is set anew; nothing else of a staff member changes.
grant update (disabled_at, password_hash) on staff to aftercare_service;
