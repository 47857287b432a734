-- name: create
insert into webhooks (clinic_id, webhook_id, url, secret, created_at) values ($1, $2, $3, $4, $5);

-- name: active
select webhook_id, url, secret, previous_secret, created_at from webhooks
where clinic_id = $1 and disabled_at is null order by created_at, webhook_id;

-- name: disable
update webhooks set disabled_at = $3 where clinic_id = $1 and webhook_id = $2 and disabled_at is null
returning webhook_id;
