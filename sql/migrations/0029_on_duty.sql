-- Who was on call at the last look, by any rota: whoever is now and does not stand here has just taken over, and is told
-- what is still open.
create table on_duty (
    clinic_id uuid not null references clinics,
    staff_id uuid not null,
    since timestamptz not null,
    primary key (clinic_id, staff_id),
    foreign key (clinic_id, staff_id) references staff
);
call tenant_table('on_duty', 'select, insert, delete');
