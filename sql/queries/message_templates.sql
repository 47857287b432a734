-- name: offered
select * from (
    select distinct on (template_id) template_id, version, language, title, text, written_by, written_at, retired
    from message_templates where clinic_id = $1
    order by template_id, version desc
) newest
where not retired
order by language, title, template_id;

-- name: newest
select template_id, version, language, title, text, written_by, written_at, retired
from message_templates where clinic_id = $1 and template_id = $2
order by version desc limit 1;

-- name: count
select count(distinct template_id) from message_templates t
where clinic_id = $1 and not exists (
    select from message_templates r where r.clinic_id = $1 and r.template_id = t.template_id and r.retired
);

-- name: write
insert into message_templates (clinic_id, template_id, version, language, title, text, retired, written_by, written_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing
returning version;
