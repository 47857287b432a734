-- name: create
insert into webhooks (clinic_id, webhook_id, url, secret, created_at) values ($1, $2, $3, $4, $5);

-- name: all
select webhook_id, url, created_at, previous_until, disabled_at, disabled_why from webhooks
where clinic_id = $1 order by disabled_at is not null, created_at, webhook_id;

-- name: lock
select webhook_id, url, created_at, previous_until, disabled_at, disabled_why from webhooks
where clinic_id = $1 and webhook_id = $2 for no key update;

-- name: rotate
-- While an old secret still signs, it is the one that receivers surely know: it stays, and the newest is replaced.
update webhooks
set previous_secret = case when previous_until > $4 then previous_secret else secret end,
    previous_until = case when previous_until > $4 then previous_until else $5 end, secret = $3
where clinic_id = $1 and webhook_id = $2 and disabled_at is null
returning webhook_id, url, created_at, previous_until, disabled_at, disabled_why;

-- name: enable
update webhooks set disabled_at = null, disabled_why = ''
where clinic_id = $1 and webhook_id = $2 and disabled_at is not null
returning webhook_id;

-- name: disable
update webhooks set disabled_at = $3, disabled_why = $4 where clinic_id = $1 and webhook_id = $2 and disabled_at is null
returning webhook_id;
