-- Without it no dump of the backup's role is whole: what was restored would not know which files it has had.
grant select on migrations to aftercare_backup;
